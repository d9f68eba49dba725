import numpy as np
import pytest

from spikecam.train.blind import missed_light


def fired_by(light, threshold):
    """Spikes of a pixel that integrates this light."""
    whole = np.floor(np.cumsum(light) / threshold)
    return np.diff(whole, prepend=0).astype(np.uint8)


@pytest.mark.parametrize("threshold", [1, 2, 6])
def test_true_light_foretells_its_spikes_and_blurred_light_does_not(threshold):
    light = np.where(np.arange(97) // 24 % 2, 0.8, 0.3)
    fired = fired_by(light, threshold)
    errors, frames = missed_light(light, fired, threshold)
    blurred, _ = missed_light(np.full(97, light.mean()), fired, threshold)
    # A spike's frame says when the threshold was reached to a frame.
    assert np.abs(errors).max() < 1.1 * 0.8 / frames.min()
    assert np.abs(blurred).mean() > 3 * np.abs(errors).mean()


def test_pixels_of_too_few_spikes_tell_nothing():
    fired = np.zeros(97, np.uint8)
    fired[60] = 1
    errors, frames = missed_light(np.ones(97), fired, 2)
    assert not len(errors)
    assert not len(frames)
