import numpy as np
import pytest

from spikecam.sensor.integrate_and_fire import simulate


@pytest.fixture
def stream():
    light = np.random.default_rng(0).random((137, 8, 12)).astype(np.float32)
    return simulate(light, exposure=(20, 117))


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (32, 48, 3), np.uint8)
