"""Natural scene statistics of a picture, and NIQE and BRISQUE, which are made of them.

Features of locally normalised light, whose histograms are nearly Gaussian on photographs and are
not on pictures that are blurred, noisy or compressed (Mittal et al. 2012, 2013). The equations and
their constants are those of the authors' MATLAB release.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d
from scipy.special import gamma

Floats = npt.NDArray[np.float64]

# Side of NIQE's blocks at full size, in pixels; BRISQUE takes pictures as a whole.
NIQE_BLOCK = 96
# Smallest side of a picture that BRISQUE halves and still fits its window, in pixels.
BRISQUE_MIN_SIDE = 14
# Gaussian window of local means: pixels on each side, and its sigma.
_RADIUS, _SIGMA = 3, 7 / 6
# Added to the local deviation, in levels of 8 bits.
_DEVIATION_FLOOR = 1.0
# Shapes of distributions that are tried.
_SHAPES = np.arange(0.2, 10.0005, 0.001)
# Neighbours with which products are taken, as (rows, columns).
_NIQE_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
_BRISQUE_SHIFTS = ((0, 1), (1, 0), (1, 1), (-1, 1))


class NiqeModel(NamedTuple):
    """Statistics of NIQE's features over pristine photographs: their mean (36,) and covariance."""

    mean: Floats
    covariance: Floats


class BrisqueModel(NamedTuple):
    """BRISQUE's regression: a support vector machine with a radial kernel.

    Attributes:
        lowest, highest: of each feature, (36,), which are scaled to [-1, 1].
        vectors: support vectors (n, 36).
        coefficients: of each vector, (n,).
        gamma, rho: width of the kernel, and the offset.
    """

    lowest: Floats
    highest: Floats
    vectors: Floats
    coefficients: Floats
    gamma: float
    rho: float


def niqe_of_levels(levels: Floats, model: NiqeModel) -> float:
    """NIQE of a gray picture in levels of 8 bits: Equation 10 of the paper.

    The distance sqrt((m - m')^T ((S + S') / 2)^-1 (m - m')) between means m and covariances S of
    features over the picture's blocks and over pristine photographs. NaN for fewer than two blocks.
    """
    rows, columns = (side // NIQE_BLOCK for side in levels.shape)
    picture = levels[: rows * NIQE_BLOCK, : columns * NIQE_BLOCK]
    features = np.concatenate(
        [
            [_block_features(block) for block in _blocks(normalized, rows, columns)]
            for normalized in _normalized_at_two_scales(picture, "nearest")
        ],
        axis=1,
    )
    difference = np.nanmean(features, axis=0) - model.mean
    complete = features[~np.isnan(features).any(axis=1)]
    if len(complete) < 2:
        return float("nan")
    covariance = (np.cov(complete, rowvar=False) + model.covariance) / 2
    return float(np.sqrt(difference @ np.linalg.pinv(covariance) @ difference))


def brisque_of_levels(levels: Floats, model: BrisqueModel) -> float:
    """BRISQUE of a gray picture in levels of 8 bits: its support vector regression.

    The sum of coefficients times exp(-gamma |f - v|^2) over support vectors v, less rho, with the
    picture's features f scaled to [-1, 1] by their range in training.
    """
    features = brisque_features(levels)
    scaled = 2 * (features - model.lowest) / (model.highest - model.lowest) - 1
    distances = ((model.vectors - scaled) ** 2).sum(axis=1)
    return float(model.coefficients @ np.exp(-model.gamma * distances) - model.rho)


def brisque_features(levels: Floats) -> Floats:
    """The 36 features of BRISQUE of a gray picture in levels of 8 bits."""
    features: list[float] = []
    for normalized in _normalized_at_two_scales(levels, "constant"):
        features += _fit_symmetric(normalized)
        for shift in _BRISQUE_SHIFTS:
            shape, left, right = _fit_asymmetric(normalized * np.roll(normalized, shift, (0, 1)))
            scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
            mean = (right - left) * gamma(2 / shape) / gamma(1 / shape) * scale
            features += [shape, mean, left**2, right**2]
    return np.array(features)


def _block_features(normalized: Floats) -> list[float]:
    """The 18 features of NIQE of a block at one scale."""
    shape, left, right = _fit_asymmetric_scales(normalized)
    features = [shape, (left + right) / 2]
    for shift in _NIQE_SHIFTS:
        shape, left, right = _fit_asymmetric_scales(normalized * np.roll(normalized, shift, (0, 1)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return features


def _normalized_at_two_scales(levels: Floats, border: str) -> Iterator[Floats]:
    yield _normalize(levels, border)
    yield _normalize(halve(levels), border)


def _normalize(levels: Floats, border: str) -> Floats:
    """Light less its local mean, over its local deviation; `border` as of `scipy.ndimage`."""
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    window = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    window /= window.sum()

    def local_mean(values: Floats) -> Any:
        return correlate1d(correlate1d(values, window, 0, mode=border), window, 1, mode=border)

    mean = local_mean(levels)
    deviation = np.sqrt(np.abs(local_mean(levels * levels) - mean * mean))
    normalized: Floats = (levels - mean) / (deviation + _DEVIATION_FLOOR)
    return normalized


def halve(picture: Floats) -> Floats:
    """Halve the sides by a cubic kernel of twice the width, as MATLAB's imresize does.

    Pictures go on beyond their borders as mirrored ones; an odd side is rounded up.
    """
    distances = np.abs(np.arange(-3.5, 4) / 2)
    kernel = np.where(
        distances <= 1,
        1.5 * distances**3 - 2.5 * distances**2 + 1,
        -0.5 * distances**3 + 2.5 * distances**2 - 4 * distances + 2,
    )
    kernel /= kernel.sum()
    for axis in (0, 1):
        # The kernel of 8 taps lies between the pixels 2 i and 2 i + 1.
        filtered = correlate1d(picture, kernel, axis, mode="reflect", origin=-1)
        picture = filtered[::2] if axis == 0 else filtered[:, ::2]
    return picture


def _blocks(normalized: Floats, rows: int, columns: int) -> Iterator[Floats]:
    height, width = normalized.shape[0] // rows, normalized.shape[1] // columns
    for row in range(rows):
        for column in range(columns):
            yield normalized[
                row * height : (row + 1) * height, column * width : (column + 1) * width
            ]


@cache
def _moment_ratios() -> Floats:
    """E|x|^2 / E x^2 of generalised Gaussian distributions, for each of `_SHAPES`."""
    ratios: Floats = gamma(2 / _SHAPES) ** 2 / (gamma(1 / _SHAPES) * gamma(3 / _SHAPES))
    return ratios


def _fit_symmetric(values: Floats) -> list[float]:
    """Shape and variance of a generalised Gaussian, by its moments."""
    variance = float((values**2).mean())
    ratio = variance / np.abs(values).mean() ** 2
    return [float(_SHAPES[np.abs(1 / _moment_ratios() - ratio).argmin()]), variance]


def _fit_asymmetric(values: Floats) -> tuple[float, float, float]:
    """Shape, left and right deviation of an asymmetric generalised Gaussian, by its moments.

    All are NaN where values lie on one side alone.
    """
    left_values, right_values = values[values < 0], values[values > 0]
    if not left_values.size or not right_values.size:
        return (float("nan"),) * 3
    left, right = (float(np.sqrt((side**2).mean())) for side in (left_values, right_values))
    skew = left / right
    ratio = np.abs(values).mean() ** 2 / (values**2).mean()
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    return float(_SHAPES[((_moment_ratios() - ratio) ** 2).argmin()]), left, right


def _fit_asymmetric_scales(values: Floats) -> tuple[float, float, float]:
    """As `_fit_asymmetric`, with the scales of both sides in place of their deviations."""
    shape, left, right = _fit_asymmetric(values)
    scale = float(np.sqrt(gamma(1 / shape) / gamma(3 / shape)))
    return shape, left * scale, right * scale
