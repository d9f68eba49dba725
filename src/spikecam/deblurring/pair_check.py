"""Check of whether a picture and a recording belong together: the same view, at the same time.

Where they do, the light of the picture and the firing rate in its exposure have the same local
contrast. Both are band-passed, and correlated over all pixels; noise of the spikes lowers the
correlation of a true pair to

    sqrt(S / (S + N)),    S, N: variance of the picture's light and of the noise, in spikes

and the quotient of both is the agreement, 1 for a true pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.picture import Mask, Picture

# Agreement below which picture and spikes do not belong together, and from which they surely do:
# true pairs have .95 or more, other scenes and mirrored pictures .63 or less; a wrong exposure
# lies between.
MISMATCH, MATCH = 0.65, 0.88
# Fewest pixels, and least expected correlation, by which a pair can be judged.
MIN_PIXELS, _MIN_EXPECTED = 1000, 0.6
# Standard deviations of the Gaussians whose difference is the band, in pixels of the spikes.
_FINE, _COARSE = 1.0, 4.0
# Share of the variance of white noise that the band keeps, about 1 / (4 pi _FINE ** 2).
_NOISE_SHARE = 0.08
# Variance of the charge of an exposure, in thresholds, and of spurious spikes in a frame.
_CHARGE_VARIANCE, _SPURIOUS_RATE = 0.1, 0.007
# Contrast of the spikes, in units of that of picture and noise, that is none of both.
_CLEAR_CONTRAST = 4.0
# Turns and flips of a recording that are tried where nothing agrees.
_ORIENTATIONS: dict[str, Callable[[Picture], Picture]] = {
    "flipped vertically": lambda rate: rate[::-1],
    "flipped horizontally": lambda rate: rate[:, ::-1],
    "turned by 180 degrees": lambda rate: rate[::-1, ::-1],
}


@dataclass(frozen=True)
class PairCheck:
    """Agreement of a picture with the spikes of its exposure.

    Attributes:
        correlation: of local contrast, -1 to 1.
        expected: correlation that the noise of the spikes allows.
        orientation: in words, how the recording must be turned to agree; None where it agrees as
            it is, or never does.
    """

    correlation: float
    expected: float
    orientation: str | None = None

    @property
    def agreement(self) -> float:
        """Correlation as a share of what noise allows; 1 where noise allows no judgement."""
        if self.expected < _MIN_EXPECTED:
            return 1.0
        return min(1.0, self.correlation / self.expected)


def check_pair(
    picture: BlurryPicture, rate: Picture, frame_count: int, *, covered: Mask | None = None
) -> PairCheck | None:
    """Compare the local contrast of a picture and of the firing rate in its exposure.

    Args:
        picture: the blurry picture.
        rate: firing rate in its exposure, (H, W).
        frame_count: frames of the exposure.
        covered: pixels of the spikes that the picture covers, (H, W); by default all. Others, and
            those near them, are left out.

    Returns:
        The agreement; None for fewer than 1000 pixels.
    """
    inside = np.ones(rate.shape, np.bool_) if covered is None else _inner_pixels(covered)
    if inside.sum() < MIN_PIXELS:
        return None
    # Light above white may be clipped in the picture, so it is in both.
    white_rate = picture.white_rate(rate)
    light = np.minimum(picture.gray_light((rate.shape[0], rate.shape[1])), 1)
    if covered is not None:
        light[~covered] = light[covered].mean()
    clipped_rate = np.minimum(rate, white_rate)
    picture_band = band_pass(light * np.float32(white_rate))[inside]
    rate_band = band_pass(clipped_rate)[inside]
    noise = (_CHARGE_VARIANCE / frame_count + _SPURIOUS_RATE) / frame_count * _NOISE_SHARE
    signal, rate_signal = float(picture_band.var()), float(rate_band.var()) - noise
    # Contrast of the spikes that a flat picture lacks speaks against it, too.
    if rate_signal > _CLEAR_CONTRAST * (signal + noise):
        signal = rate_signal
    expected = float(np.sqrt(signal / max(signal + noise, 1e-12)))
    correlation = correlation_of(picture_band, rate_band)
    check = PairCheck(correlation, expected)
    if check.agreement >= MISMATCH:
        return check
    for name, transform in _ORIENTATIONS.items():
        other_band = band_pass(transform(clipped_rate).copy())[inside]
        other = PairCheck(correlation_of(picture_band, other_band), expected)
        if other.agreement >= MATCH:
            return PairCheck(correlation, expected, name)
    return check


def _inner_pixels(covered: Mask) -> Mask:
    """Pixels that are covered, and so far from others that those do not count in the band."""
    side = 2 * round(2 * _COARSE) + 1
    eroded = cv2.erode(covered.astype(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(eroded, np.bool_)


def band_pass(picture: Picture) -> npt.NDArray[np.float32]:
    """Local contrast of a gray picture (H, W): a difference of Gaussians."""
    fine, coarse = (cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in (_FINE, _COARSE))
    return np.asarray(fine - coarse)


def correlation_of(first: Picture, second: Picture) -> float:
    """Correlation of two arrays, -1 to 1; 0 where one is flat."""
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first**2).mean() * (second**2).mean()))
    return float((first * second).mean()) / scale if scale > 0 else 0.0
