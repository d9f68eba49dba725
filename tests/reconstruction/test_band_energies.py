import numpy as np
import pytest

from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.reconstruction.band_energies import band_energies
from spikecam.reconstruction.spectral_filters import cache_filters, frequency_grid, iter_filtered
from spikecam.scenes.defocus import defocus_picture
from spikecam.tiles import UNIT_PIXELS

CONFIG = RefocuserInputConfig()
CENTRES = CONFIG.band_centres


def test_a_wave_is_in_the_ring_of_its_frequency():
    x = np.arange(96)
    for ring in (4, 8, 14, 20):
        wave = np.cos(2 * np.pi * CENTRES[ring] * x).astype(np.float32)
        for picture in (np.tile(wave, (64, 1)), np.tile(wave[:, None], (1, 64))):
            found = band_energies(picture, CONFIG)
            assert found.shape == (
                len(CENTRES),
                picture.shape[0] // UNIT_PIXELS,
                picture.shape[1] // UNIT_PIXELS,
            )
            # In the middle, where no mirror breaks it.
            assert found[:, 2:-2, 2:-2].mean(axis=(1, 2)).argmax() == ring


def test_they_tell_the_disc():
    """What a disc has taken away is missing about the zero of its spectrum, and there most."""
    scene = np.random.default_rng(0).random((160, 160), np.float32)
    for radius in (2.0, 3.0, 5.0):
        lost = band_energies(defocus_picture(scene, radius), CONFIG).mean(
            axis=(1, 2)
        ) / band_energies(scene, CONFIG).mean(axis=(1, 2))
        # Up to the side lobe beyond the first zero.
        first = [k for k, middle in enumerate(CENTRES) if middle < 0.8 / radius]
        assert CENTRES[lost[first].argmin()] == pytest.approx(0.61 / radius, rel=0.15)


def test_it_is_told_where():
    noise = np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32)
    noise[:, :64] = 0
    found = band_energies(noise, CONFIG)[-4:]
    assert found[:, :, :5].max() < 1e-2 * found[:, :, 11:].min()


@pytest.mark.parametrize("size", [(6, 9), (25, 100)])
def test_a_filter_that_lets_all_pass_changes_nothing(size):
    picture = np.random.default_rng(0).random(size, np.float32)

    def ones(whole):
        return [np.ones(frequency_grid(whole).shape, np.float32)]

    (same,) = iter_filtered(picture, ones, CONFIG.border)
    np.testing.assert_allclose(same, picture, atol=1e-6)


def test_filters_of_large_pictures_are_not_remembered():
    asked = []

    @cache_filters
    def filters(constants, size):
        asked.append((constants, size))
        yield np.ones(1, np.float32)

    for size in ((10, 20), (10, 20), (2000, 2000), (2000, 2000)):
        assert len(list(filters("a", size))) == 1
    assert len(list(filters("b", (10, 20)))) == 1
    assert asked == [("a", (10, 20)), ("a", (2000, 2000)), ("a", (2000, 2000)), ("b", (10, 20))]
