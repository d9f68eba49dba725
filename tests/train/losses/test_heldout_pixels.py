import numpy as np
import pytest

import spikecam as sc
from spikecam.data.pairs import Pair
from spikecam.io.pictures import write_picture
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.refiner import Refiner
from spikecam.train.losses.heldout_pixels import heldout_pixel_error, light_residuals


def fired_by(light, threshold):
    """Spikes of a pixel that integrates this light."""
    whole = np.floor(np.cumsum(light) / threshold)
    return np.diff(whole, prepend=0).astype(np.uint8)


@pytest.mark.parametrize("threshold", [1, 2, 6])
def test_true_light_predicts_its_spikes_and_blurred_light_does_not(threshold):
    light = np.where(np.arange(97) // 24 % 2, 0.8, 0.3)
    fired = fired_by(light, threshold)
    errors, frames = light_residuals(light, fired, threshold)
    blurred, _ = light_residuals(np.full(97, light.mean()), fired, threshold)
    # A spike's frame says when the threshold was reached to a frame.
    assert np.abs(errors).max() < 1.1 * 0.8 / frames.min()
    assert np.abs(blurred).mean() > 3 * np.abs(errors).mean()


def test_pixels_of_too_few_spikes_tell_nothing():
    fired = np.zeros(97, np.uint8)
    fired[60] = 1
    errors, frames = light_residuals(np.ones(97), fired, 2)
    assert not len(errors)
    assert not len(frames)


def test_captures_in_the_dark_are_refused(tmp_path):
    dark = np.zeros((61, 16, 16), np.uint8)
    sc.save(tmp_path / "dark.dat", sc.SpikeStream.from_array(dark))
    write_picture(tmp_path / "blur.png", np.full((64, 64, 3), 9, np.uint8))
    pair = Pair("dark", "0", tmp_path / "dark.dat", (16, 16), tmp_path / "blur.png")
    network = Refiner(RefinerConfig(width=8, deep_width=8, picture_blocks=1))
    with pytest.raises(sc.SpikecamError, match="too dark for a score"):
        heldout_pixel_error(network, [pair], moments=2)
