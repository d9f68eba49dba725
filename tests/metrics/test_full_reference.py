import numpy as np
import pytest
from scipy.ndimage import uniform_filter

import spikecam as sc

METRICS = [sc.psnr, sc.ssim, sc.ssim_s_sdm, sc.ms_ssim, sc.colour_error]


@pytest.fixture
def both():
    rng = np.random.default_rng(0)
    truth = rng.random((24, 32, 3)).astype(np.float32) * 0.5 + 0.2
    return np.clip(truth + rng.normal(0, 0.05, truth.shape), 0, 1).astype(np.float32), truth


def by_windows(one, other, data_range):
    """SSIM of gray pictures over windows of 7 x 7, from its definition."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    m, n = uniform_filter(one, 7), uniform_filter(other, 7)
    sample = 49 / 48
    v, w = (sample * (uniform_filter(x * x, 7) - y * y) for x, y in ((one, m), (other, n)))
    c = sample * (uniform_filter(one * other, 7) - m * n)
    similar = (2 * m * n + c1) * (2 * c + c2) / ((m**2 + n**2 + c1) * (v + w + c2))
    return similar[3:-3, 3:-3].mean()


def test_psnr_is_of_the_range_given(both):
    assert sc.psnr(np.full((2, 2), 0.6), np.full((2, 2), 0.5), data_range=1) == pytest.approx(20)
    picture, truth = both
    levels = [(255 * one).astype(np.uint8) for one in both]
    assert sc.psnr(*levels, data_range=255) == pytest.approx(
        sc.psnr(picture, truth, data_range=1), abs=0.1
    )


def test_the_same_picture_has_no_error(both):
    _, truth = both
    assert sc.psnr(truth, truth, data_range=1) == float("inf")
    assert sc.ssim(truth, truth, data_range=1) == pytest.approx(1)


def test_both_protocols_of_ssim_are_what_they_say(both):
    gray = [one[..., 0] for one in both]
    assert sc.ssim(*gray, data_range=1) == pytest.approx(by_windows(*gray, 1), abs=1e-5)
    mapped = [2 * one - 1 for one in gray]
    assert sc.ssim_s_sdm(*gray, data_range=1) == pytest.approx(by_windows(*mapped, 2), abs=1e-5)
    assert sc.ssim(*gray, data_range=1) != pytest.approx(by_windows(*mapped, 2), abs=1e-3)


def test_ssim_of_constant_pictures_is_of_their_brightness_alone():
    one, other = np.full((9, 9), 0.2), np.full((9, 9), 0.6)
    assert sc.ssim(one, one, data_range=1) == pytest.approx(1)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert sc.ssim(one, other, data_range=1) == pytest.approx(expected)


def test_ms_ssim_falls_with_the_noise():
    rng = np.random.default_rng(0)
    truth = np.clip(rng.normal(0.5, 0.2, (180, 190, 3)), 0, 1)
    noise = rng.normal(0, 1, truth.shape)
    values = [
        sc.ms_ssim(np.clip(truth + much * noise, 0, 1), truth, data_range=1)
        for much in (0, 0.05, 0.3)
    ]
    assert values[0] == pytest.approx(1)
    assert values[0] > values[1] > values[2] > 0
    with pytest.raises(sc.OptionError, match="at least 176 pixels a side, not 190x170"):
        sc.ms_ssim(truth[:170], truth[:170], data_range=1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p * np.nan, "runs from nan"),
        (lambda p: p * 255, r"data range given is \[0, 1\]; scale the picture, or give the range"),
        (lambda p: p - 0.5, "runs from -0"),
        (lambda p: p[:-1], "the picture is 32x23 in colour and the truth 32x24 in colour"),
        (lambda p: p[..., 0], "32x24 in gray and the truth 32x24 in colour"),
        (lambda p: p[None], "is an array"),
        (lambda p: p > 0.5, "holds floats or unsigned"),
    ],
)
def test_pictures_that_cannot_be_scored_are_refused(metric, spoil, said, both):
    picture, truth = both
    with pytest.raises(sc.OptionError, match=said):
        metric(spoil(picture), truth, data_range=1)


def test_small_pictures_and_no_range_are_refused(both):
    with pytest.raises(sc.OptionError, match="SSIM needs pictures of at least 7"):
        sc.ssim(both[0][:6], both[1][:6], data_range=1)
    with pytest.raises(sc.OptionError, match="data range is a number above 0"):
        sc.psnr(*both, data_range=0)


def test_colour_error_is_that_of_ciede2000():
    gray = np.full((4, 6, 3), 128, np.uint8)
    assert sc.colour_error(gray, gray, data_range=255) == 0
    assert 0.2 < sc.colour_error(gray, gray + 1, data_range=255) < 0.5
    red, green = np.zeros((2, 8, 8, 3), np.float32)
    red[..., 0], green[..., 1] = 1, 1
    assert sc.colour_error(red, green, data_range=1) == pytest.approx(86.6, abs=0.1)


def test_colour_error_sees_colours_drained_that_psnr_does_not(both):
    _, truth = both
    drained = np.repeat(truth.mean(axis=2, keepdims=True), 3, axis=2)
    noisy = np.clip(truth + np.random.default_rng(1).normal(0, 0.02, truth.shape), 0, 1)
    noisy = noisy.astype(np.float32)
    assert sc.colour_error(drained, truth, data_range=1) > 10
    assert sc.colour_error(noisy, truth, data_range=1) < 5
    gray = truth[..., 0]
    assert sc.colour_error(gray, gray * 0.9, data_range=1) > 1
