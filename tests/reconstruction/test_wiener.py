import numpy as np
import pytest

from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.reconstruction.wiener import wiener_deconvolve
from spikecam.scenes.defocus import defocus_picture

CONFIG = RefocuserInputConfig()
RADII, NOISE = CONFIG.disc_radii, CONFIG.noise_levels


@pytest.fixture
def scene():
    """Blocks of random light."""
    return np.kron(np.random.default_rng(0).random((24, 32)), np.ones((8, 8))).astype(np.float32)


@pytest.mark.parametrize("radius", RADII)
def test_the_disc_that_was_there_is_taken_away(scene, radius):
    blurry = defocus_picture(scene, radius)
    made = wiener_deconvolve(blurry, CONFIG).reshape(len(RADII), len(NOISE), *scene.shape)
    errors = np.square(made - scene).mean(axis=(2, 3))
    before = np.square(blurry - scene).mean()
    own = errors[RADII.index(radius)]
    assert own[1] < 0.75 * before
    assert own[1] == errors[:, 1].min()
    # The strongest needs the disc even more, but for what lies beyond the border and is not known.
    inside = (..., slice(40, -40), slice(40, -40))
    errors = np.square(made - scene)[inside].mean(axis=(2, 3))
    own = errors[RADII.index(radius), 2]
    assert own == errors[:, 2].min()
    if radius <= 5.75:
        assert own == errors.min()


@pytest.mark.parametrize("size", [(6, 9), (25, 100)])
def test_even_light_stays(size):
    made = wiener_deconvolve(np.full(size, 0.3, np.float32), CONFIG)
    assert made.shape == (36, *size)
    np.testing.assert_allclose(made, 0.3, atol=1e-4)


def test_noise_is_amplified_less_with_more_lambda():
    noise = np.random.default_rng(0).normal(size=(80, 90)).astype(np.float32)
    made = wiener_deconvolve(noise, CONFIG).reshape(len(RADII), len(NOISE), -1).std(axis=2)
    assert (np.diff(made, axis=1) > 0).all()
