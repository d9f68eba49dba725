import numpy as np
import pytest

from spikecam.reconstruction.spectrum import (
    MIDDLES,
    energies,
    filtered,
    frequencies,
    remembered,
)
from spikecam.scenes.defocus import defocus_picture
from spikecam.tiles import UNIT


def test_a_wave_is_in_the_ring_of_its_frequency():
    x = np.arange(96)
    for ring in (4, 8, 14, 20):
        wave = np.cos(2 * np.pi * MIDDLES[ring] * x).astype(np.float32)
        for picture in (np.tile(wave, (64, 1)), np.tile(wave[:, None], (1, 64))):
            found = energies(picture)
            assert found.shape == (len(MIDDLES), picture.shape[0] // UNIT, picture.shape[1] // UNIT)
            # In the middle, where no mirror breaks it.
            assert found[:, 2:-2, 2:-2].mean(axis=(1, 2)).argmax() == ring


def test_they_tell_the_disc():
    """What a disc has taken away is missing about the zero of its spectrum, and there most."""
    scene = np.random.default_rng(0).random((160, 160), np.float32)
    for radius in (2.0, 3.0, 5.0):
        lost = energies(defocus_picture(scene, radius)).mean(axis=(1, 2)) / energies(scene).mean(
            axis=(1, 2)
        )
        # Up to the side lobe beyond the first zero.
        first = [k for k, middle in enumerate(MIDDLES) if middle < 0.8 / radius]
        assert MIDDLES[lost[first].argmin()] == pytest.approx(0.61 / radius, rel=0.15)


def test_it_is_told_where():
    noise = np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32)
    noise[:, :64] = 0
    found = energies(noise)[-4:]
    assert found[:, :, :5].max() < 1e-2 * found[:, :, 11:].min()


@pytest.mark.parametrize("size", [(6, 9), (25, 100)])
def test_a_filter_that_lets_all_pass_changes_nothing(size):
    picture = np.random.default_rng(0).random(size, np.float32)
    (same,) = filtered(picture, lambda whole: [np.ones(frequencies(whole).shape, np.float32)])
    np.testing.assert_allclose(same, picture, atol=1e-6)


def test_filters_of_large_pictures_are_not_remembered():
    asked = []

    def make(size):
        asked.append(size)
        yield np.ones(1, np.float32)

    filters = remembered(make)
    for size in ((10, 20), (10, 20), (2000, 2000), (2000, 2000)):
        assert len(list(filters(size))) == 1
    assert asked == [(10, 20), (2000, 2000), (2000, 2000)]
