import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.speed_inputs import SpeedSizes, write_inputs
from spikecam.metrics import learned

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


@pytest.fixture
def naturalness(monkeypatch):
    """BRISQUE of every picture, and NIQE of 192x192 in colour alone; without packages."""

    def niqe(picture, *, data_range):
        if np.shape(picture) != (192, 192, 3):
            raise sc.OptionError("NIQE needs another picture")
        return 5.0

    monkeypatch.setattr(learned, "niqe", niqe)
    monkeypatch.setattr(learned, "brisque", lambda picture, *, data_range: 30.0)
