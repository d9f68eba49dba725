"""Measurement of a picture's encoding from the picture itself and the spikes of its exposure.

Over the exposure both cameras saw the same light, so the firing rate is linear in decoded light:

    rate(p) = w_R light(B_R)(p) + w_G light(B_G)(p) + w_B light(B_B)(p) + dark

with light(B) decoded first and averaged to the grid of the spikes after. For every candidate curve
(the power laws value ** g, linear and sRGB) w and dark are those of non-negative least squares,
reweighted against outliers; pixels with clipped whites are left out. Of all curves that of the
smallest residual is taken, or linear or sRGB, which cameras use, where they fit about as well. A
curve that only rises, with no other form, is fitted around the best power law, and taken where it
fits better by far.

Several pairs of one rig share the curve, w and dark; the exposure time of each photograph may be
another, so that each pair i but the first has a scale of its own:

    rate_i(p) = s_i (w_R light(B_R)(p) + w_G light(B_G)(p) + w_B light(B_B)(p)) + dark,    s_1 = 1

w and the s_i are those of alternating least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import nnls

from spikecam.deblurring.blurry_picture import CLIPPED, resize_by_area
from spikecam.encoding import LINEAR, SRGB, Encoding, gamma_encoding
from spikecam.picture import Mask, Picture, as_colour

Floats = npt.NDArray[np.float64]

# Candidates, and knots of curves: a value between two knots counts for both.
_GAMMAS = np.round(np.arange(0.6, 3.01, 0.05), 2)
_KNOTS = 33
# Largest residual of a named curve, in units of that of the best one.
_NAMED_TOLERANCE = 1.02
# Largest residual of the free curve for which it is taken, in units of that of the curve of fewer
# parameters: of true sRGB and power laws it has .98 or more, of S-curves .96 or less.
_FREE_GAIN = 0.95
# Residual up to which gammas are possible: so many standard errors of a sum of squares.
_RANGE_ERRORS = 3.0
# Widest range of gammas, and least share of explained variance, of a certain measurement.
_MAX_RANGE, _MIN_EXPLAINED = 1.4, 0.5
# Fewest pixels, and most of one pair and of all.
_MIN_PIXELS, _MAX_PIXELS, _MAX_PIXELS_OF_ALL = 64, 40_000, 160_000
# Alternations of colour weights and scales of several pairs.
_ALTERNATIONS = 8
_REWEIGHTINGS = 3
# Firing rate of white below which no light is seen.
_MIN_WHITE_RATE = 1e-9
# Strength of the free curve's prior: that of so many pixels at each knot.
_PRIOR_PIXELS = 0.02
# Pixels that a sample of correlated residuals counts for: neighbours share their errors.
_EFFECTIVE_SHARE = 0.1


@dataclass(frozen=True)
class EncodingMeasurement:
    """Encoding of a picture as its spikes show it.

    Attributes:
        encoding: the curve, with the colour weights of the spike camera.
        gamma: exponent of the best power law.
        gamma_range: lowest and highest exponent that the pair allows.
        white_rate: firing rate of white; of several pairs, that of the first.
        dark_rate: firing rate without light.
        explained: share of the variance of the firing rate that the picture explains.
        clipped: share of pixels of the spike camera with clipped whites.
    """

    encoding: Encoding
    gamma: float
    gamma_range: tuple[float, float]
    white_rate: float
    dark_rate: float
    explained: float
    clipped: float

    @property
    def is_certain(self) -> bool:
        """Whether the pair allows one curve alone."""
        low, high = self.gamma_range
        return high - low <= _MAX_RANGE and self.explained >= _MIN_EXPLAINED

    def summary(self) -> str:
        """The measurement in words, for messages."""
        low, high = self.gamma_range
        return f"{self.encoding} (gamma {low:g} to {high:g}, {self.explained:.0%} explained)"


class PictureWithRate(NamedTuple):
    """A picture and the firing rate in its exposure.

    Attributes:
        values: stored values, (h, w) or (h, w, 3) in [0, 1].
        rate: firing rate of the same view, (H, W).
        covered: pixels of the spikes that the picture covers, (H, W); None for all.
    """

    values: Picture
    rate: Picture
    covered: Mask | None = None


def measure_encoding(
    values: Picture, rate: Picture, *, covered: Mask | None = None
) -> EncodingMeasurement | None:
    """Measure the encoding of a picture from the firing rate in its exposure.

    Args:
        values: stored values, (h, w) or (h, w, 3) in [0, 1].
        rate: firing rate of the same view, (H, W).
        covered: pixels of the spikes that the picture covers, (H, W); by default all.

    Returns:
        The measurement; None where too few pixels are neither clipped nor black.
    """
    return measure_encoding_of_pairs([PictureWithRate(values, rate, covered)])


def measure_encoding_of_pairs(pairs: Sequence[PictureWithRate]) -> EncodingMeasurement | None:
    """Measure the encoding that all pictures of a rig share.

    Args:
        pairs: pictures with the firing rates in their exposures.

    Returns:
        The measurement; None where too few pixels are neither clipped nor black.
    """
    pictures = [_merge_if_gray(pair.values) for pair in pairs]
    colour_count = max(colours.shape[2] for colours in pictures)
    limit = min(_MAX_PIXELS, _MAX_PIXELS_OF_ALL // len(pairs))
    samples = [
        _pair_samples(colours.repeat(colour_count // colours.shape[2], axis=2), pair, limit)
        for colours, pair in zip(pictures, pairs, strict=True)
    ]
    clipped = float(np.concatenate([one.clipped for one in samples]).mean())
    samples = [one for one in samples if len(one.target)]
    target = np.concatenate([one.target for one in samples]) if samples else np.zeros(0)
    if len(target) < _MIN_PIXELS or not target.any():
        return None
    knots = np.linspace(0, 1, _KNOTS)
    fit = _Fit([one.shares for one in samples], target)
    # The weights against outliers are those of a coarse search, the same for all candidates.
    coarse = min((fit.solve(knots**gamma) for gamma in _GAMMAS[::8]), key=_residual)
    for _ in range(_REWEIGHTINGS):
        fit.reweight(coarse.errors)
        coarse = min((fit.solve(knots**gamma) for gamma in _GAMMAS[::4]), key=_residual)
    solutions = [fit.solve(knots**gamma) for gamma in _GAMMAS]
    residuals = np.array([solution.residual for solution in solutions])
    best = int(residuals.argmin())
    gamma = _refine_minimum(_GAMMAS, residuals, best)
    limit = residuals[best] * (
        1 + _RANGE_ERRORS * np.sqrt(2 / max(_EFFECTIVE_SHARE * len(target), 8))
    )
    possible = _GAMMAS[residuals <= limit]
    # Where many gammas are possible, a curve that cameras use is the likeliest of them.
    is_certain = possible[-1] - possible[0] <= _MAX_RANGE
    tolerance = _NAMED_TOLERANCE if is_certain else limit / residuals[best]
    named = [(LINEAR, fit.solve(knots)), (SRGB, fit.solve(SRGB.decode(knots)))]
    encoding, solution = min(named, key=lambda one: one[1].residual)
    if solution.residual > tolerance * residuals[best]:
        encoding, solution = gamma_encoding(round(gamma, 2)), solutions[best]
    free = _free_curve(fit, solutions[best], knots**gamma)
    free_solution = fit.solve(free)
    if free_solution.residual < _FREE_GAIN * solution.residual:
        encoding, solution = Encoding("measured", free), free_solution
    weights = solution.weights
    total = max(float(weights[:-1].sum()), _MIN_WHITE_RATE)
    variance = float(
        np.average((target - np.average(target, weights=fit.weights)) ** 2, weights=fit.weights)
    )
    if colour_count == 3 and weights[:-1].sum() > _MIN_WHITE_RATE:
        red, green, blue = (float(weight) / total for weight in weights[:-1])
        encoding = replace(encoding, colour_weights=(red, green, blue))
    return EncodingMeasurement(
        encoding,
        gamma,
        (float(possible[0]), float(possible[-1])),
        total,
        float(weights[-1]),
        max(0.0, 1 - solution.residual / max(variance, 1e-12)),
        clipped,
    )


class _PairSamples(NamedTuple):
    """Pixels of a pair that can be compared.

    Attributes:
        shares: of the knots, (N, C, K).
        target: firing rates, (N,).
        clipped: which pixels of the grid hold clipped values.
    """

    shares: Floats
    target: Floats
    clipped: Mask


def _pair_samples(colours: Picture, pair: PictureWithRate, limit: int) -> _PairSamples:
    """Pixels of a pair that can be compared, about ``limit`` at most."""
    shares, clipped, rate = _knot_shares(colours, pair.rate)
    is_usable = ~clipped
    if pair.covered is not None:
        is_usable &= (resize_by_area(pair.covered.astype(np.float32), rate.shape) > 0.999).ravel()
    usable = np.flatnonzero(is_usable)
    if len(usable) > limit:
        usable = usable[:: -(-len(usable) // limit)]
    target = rate.ravel()[usable].astype(np.float64)
    return _PairSamples(shares[usable].astype(np.float64), target, clipped)


class _Solution(NamedTuple):
    """Best fit for a curve.

    Attributes:
        weights: of the colours, and the dark rate.
        scales: of the pairs; 1 for the first.
        residual: mean square error.
        errors: of the pixels, (N,).
    """

    weights: Floats
    scales: Floats
    residual: float
    errors: Floats


def _residual(solution: _Solution) -> float:
    return solution.residual


class _Fit:
    """Weighted least squares of firing rates by decoded light.

    Attributes:
        shares: of the knots, (N, C, K).
        target: firing rates, (N,).
        weights: of the pixels, (N,), against outliers.
        parts: pixels of each pair.
    """

    def __init__(self, shares: Sequence[Floats], target: Floats) -> None:
        self.shares, self.target = np.concatenate(shares), target
        self.weights = np.ones(len(target))
        ends = np.cumsum([0, *map(len, shares)]).tolist()
        self.parts = [slice(*span) for span in pairwise(ends)]

    def solve(self, light: npt.ArrayLike) -> _Solution:
        """Best fit for the light of a curve's knots."""
        columns = self.shares @ np.asarray(light, np.float64)
        matrix = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
        weighted = matrix * self.weights[:, None]
        # By the normal equations: few unknowns, many pixels.
        grams = [weighted[part].T @ matrix[part] for part in self.parts]
        rights = [weighted[part].T @ self.target[part] for part in self.parts]
        scales = np.ones(len(grams))
        solution = _solve_scaled(grams, rights, scales)
        for _ in range(_ALTERNATIONS if len(grams) > 1 else 0):
            scales = _pair_scales(grams, rights, solution)
            solution = _solve_scaled(grams, rights, scales)
        matrix[:, :-1] *= self.scales_of_pixels(scales)[:, None]
        errors = self.target - matrix @ solution
        residual = float(np.average(errors**2, weights=self.weights))
        return _Solution(solution, scales, residual, errors)

    def scales_of_pixels(self, scales: Floats) -> Floats:
        """The scale of each pixel's pair, (N,)."""
        return np.repeat(scales, [part.stop - part.start for part in self.parts])

    def reweight(self, errors: Floats) -> None:
        """Weigh pixels down whose error is far beyond that of the others."""
        scale = max(1.4826 * float(np.median(np.abs(errors))), 1e-9)
        self.weights = 1 / (1 + (errors / (3 * scale)) ** 2)


def _solve_scaled(grams: Sequence[Floats], rights: Sequence[Floats], scales: Floats) -> Floats:
    """Weights of colours and dark rate by the normal equations of pairs of these scales."""
    gram, right = np.zeros_like(grams[0]), np.zeros_like(rights[0])
    for scale, pair_gram, pair_right in zip(scales, grams, rights, strict=True):
        factors = np.append(np.full(len(gram) - 1, scale), 1.0)
        gram += pair_gram * np.outer(factors, factors)
        right += pair_right * factors
    size = np.sqrt(np.maximum(np.diag(gram), 1e-12))
    factor = np.linalg.cholesky(gram / np.outer(size, size) + 1e-9 * np.eye(len(gram)))
    solution: Floats = nnls(factor.T, np.linalg.solve(factor, right / size))[0] / size
    return solution


def _pair_scales(grams: Sequence[Floats], rights: Sequence[Floats], solution: Floats) -> Floats:
    """Scales of the pairs that fit best, in units of the first."""
    colours, dark = solution[:-1], solution[-1]
    scales = np.ones(len(grams))
    for index, (gram, right) in enumerate(zip(grams, rights, strict=True)):
        energy = colours @ gram[:-1, :-1] @ colours
        if energy > 0:
            scales[index] = colours @ (right[:-1] - gram[:-1, -1] * dark) / energy
    scales = np.maximum(scales, 1e-6)
    return np.asarray(scales / scales[0])


def _free_curve(fit: _Fit, solution: _Solution, light: Floats) -> Floats:
    """Curve that rises from 0 to 1 and fits best, close to ``light`` where pixels say nothing."""
    weights = solution.weights
    mixed = np.tensordot(weights[:-1], fit.shares, axes=(0, 1))
    mixed *= fit.scales_of_pixels(solution.scales)[:, None]
    # Steps from knot to knot are not negative, so that the curve rises.
    steps = mixed[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] * np.diff(light)
    target = fit.target - weights[-1]
    weighted = steps * fit.weights[:, None]
    gram, right = weighted.T @ steps, weighted.T @ target
    strength = _PRIOR_PIXELS * np.trace(gram) / len(gram)
    smooth = np.diff(np.eye(len(gram)), axis=0)
    gram = gram + strength * (0.1 * np.eye(len(gram)) + smooth.T @ smooth)
    right = right + 0.1 * strength
    factor = np.linalg.cholesky(gram + 1e-12 * np.eye(len(gram)))
    factors = nnls(factor.T, np.linalg.solve(factor, right))[0]
    curve = np.concatenate([[0.0], np.cumsum(np.maximum(factors, 1e-3) * np.diff(light))])
    return np.asarray(curve / curve[-1])


def _refine_minimum(positions: Floats, values: Floats, index: int) -> float:
    """Position of the minimum of a parabola through three neighbours."""
    if not 0 < index < len(values) - 1:
        return float(positions[index])
    before, middle, after = values[index - 1 : index + 2]
    shift = 0.5 * (before - after) / max(before - 2 * middle + after, 1e-18)
    return float(positions[index] + np.clip(shift, -0.5, 0.5) * (positions[1] - positions[0]))


def _merge_if_gray(values: Picture) -> Picture:
    """Picture (h, w, 3), or (h, w, 1) where its colours are all the same."""
    colours = as_colour(values)
    is_gray = np.array_equal(colours[..., 0], colours[..., 1]) and np.array_equal(
        colours[..., 1], colours[..., 2]
    )
    return np.ascontiguousarray(colours[..., :1] if is_gray else colours)


def _knot_shares(colours: Picture, rate: Picture) -> tuple[Floats, Mask, Picture]:
    """Mean share of every knot in the values over each pixel of the spike camera.

    Returns:
        Shares (N, C, K), so that ``shares @ light`` is the mean of decoded values; which pixels
        hold clipped values, (N,); and the rate on the same grid: that of the spikes, or of a
        picture that is coarser.
    """
    height, width = (min(n, m) for n, m in zip(rate.shape, colours.shape, strict=False))
    if (height, width) != rate.shape:
        rate = resize_by_area(rate, (height, width))
    rows = np.arange(colours.shape[0]) * height // colours.shape[0]
    columns = np.arange(colours.shape[1]) * width // colours.shape[1]
    shares = np.zeros((height, width, colours.shape[2], _KNOTS), np.float32)
    clipped = np.zeros((height, width), np.bool_)
    _add_shares(colours, rows, columns, CLIPPED, shares, clipped)
    shares /= np.bincount(rows)[:, None, None, None] * np.bincount(columns)[:, None, None]
    return shares.reshape(-1, colours.shape[2], _KNOTS), clipped.ravel(), rate


@njit(nogil=True, cache=True, error_model="numpy")
def _add_shares(colours, rows, columns, limit, shares, clipped):  # type: ignore[no-untyped-def]
    last = shares.shape[3] - 1
    for y in range(colours.shape[0]):
        for x in range(colours.shape[1]):
            for c in range(colours.shape[2]):
                value = colours[y, x, c]
                position = value * last
                k = min(max(int(position), 0), last - 1)
                fraction = position - k
                shares[rows[y], columns[x], c, k] += 1 - fraction
                shares[rows[y], columns[x], c, k + 1] += fraction
                if value >= limit:
                    clipped[rows[y], columns[x]] = True
