import pytest

from spikecam.bench.speed_inputs import SpeedSizes, write_inputs

TINY = SpeedSizes(
    recording=(211, 10, 16),
    video=(20, 12, 16),
    picture=(64, 96),
    min_rounds=1,
    min_pictures=1,
    min_seconds=0,
    copy_bytes=1000,
    matrix_side=8,
)


@pytest.fixture
def tiny():
    return TINY


@pytest.fixture(scope="session")
def tiny_inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"), TINY)
