import pytest

from spikecam.bench.speed_inputs import Sizes, make_inputs

TINY = Sizes(
    recording=(211, 10, 16),
    video=(20, 12, 16),
    picture=(64, 96),
    rounds=1,
    pictures=1,
    seconds=0,
    copied=1000,
    side=8,
)


@pytest.fixture
def tiny():
    return TINY


@pytest.fixture(scope="session")
def tiny_inputs(tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("inputs"), TINY)
