import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.spike_gray import SpikeGray

EXPOSURE = (40, 137)


@pytest.fixture(scope="module")
def moving():
    """A bright bar that moves over a dark ground, half a pixel each frame."""
    video = np.full((180, 32, 64), 0.1)
    for t, frame in enumerate(video):
        frame[8:24, t // 2 % 40 : t // 2 % 40 + 8] = 0.6
    return sc.simulate(video, "ideal"), video


def test_the_gray_of_a_moment_is_that_of_its_light(moving):
    stream, video = moving
    ratios = LogRateRatios(stream, EXPOSURE)
    log_ratio = SpikeGray(ratios).log_ratio(90)
    # Inside the bar and on ground that it leaves: the ratio to the mean light of the exposure.
    mean = video[slice(*EXPOSURE)].mean(axis=0)
    expected = np.log(video[90] / mean)
    inner = np.s_[10:22, 7:11]
    assert abs(np.median(log_ratio[inner] - expected[inner])) < 0.15
    assert np.corrcoef(log_ratio[4:28, :60].ravel(), expected[4:28, :60].ravel())[0, 1] > 0.9


def test_pixels_that_are_masked_have_no_influence(moving):
    stream, _ = moving
    mask = np.zeros((32, 64), bool)
    mask[1:-1:3, 1:-1:3] = True
    frames = np.array(stream)
    frames[:, mask] = 1 - frames[:, mask]
    changed = sc.SpikeStream.from_array(frames)
    one, other = (
        SpikeGray(LogRateRatios(source, EXPOSURE, masked_pixels=mask)).log_ratio(90)
        for source in (stream, changed)
    )
    assert np.allclose(one, other, atol=1e-5)
