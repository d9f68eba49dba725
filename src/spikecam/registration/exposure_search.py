"""`find_exposure`: search for the frames of spikes during which a picture was exposed.

What moves is blurred in the picture the way it moved during the exposure, and the mean rate of
the spikes over the same frames is blurred alike. The picture is brought to the spikes' view, and
every span of the exposure's length is scored by how well it is explained by the picture's gray g
through a smooth curve (gamma, exposure): the share of its variance explained,

    score(t) = 1 - |m - fit|^2 / |m - mean(m)|^2

with m the rate in [t, t + length) and its fit by 1, g, g^2 and g^3.

Spans are scored in steps of a sixteenth of the exposure, in one pass over the recording, then
frame by frame around the best.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.gray import as_gray
from spikecam.picture import Picture
from spikecam.registration.align import align
from spikecam.registration.alignment import Alignment, Floats
from spikecam.stream import Span, SpikeStream

_STEPS_PER_EXPOSURE = 16
# Pixels are split into this many interleaved subsets, for a jackknife estimate of errors.
_SUBSETS = 16
# Standard errors over the subsets by which the best span must exceed the median span.
_MIN_SIGNIFICANCE = 6.0
# Degree of the polynomial curve.
_DEGREE = 3
# Share of pixels, in per cent, that change most and so show the motion; number of spans to compare
# the best one with; and largest unexplained error there. In recordings of real motion it was at
# most 0.05 where the picture was exposed during the recording, at least 0.29 where not.
_MOVING_PERCENT, _REFERENCE_SPANS, _MAX_MOTION_ERROR = 10, 9, 0.18
_MIN_COVERAGE = 0.05
# With no more steps than this, every span is scored at once, frame by frame.
_FINE_STEPS = 4


def find_exposure(
    picture: npt.ArrayLike,
    stream: SpikeStream,
    length: int,
    *,
    alignment: Alignment | None = None,
) -> Span:
    """Find the span of ``length`` frames during which the picture was exposed.

    Args:
        picture: (h, w) or (h, w, 3), floats in [0, 1] or uint8.
        stream: the recording.
        length: frames that the exposure lasted.
        alignment: where the picture lies (`align`); by default it is found too, see
            `align_in_time`.

    Returns:
        (start, stop) in frames, stop - start = length.

    Raises:
        RangeError: the exposure is longer than the recording, or cannot be found in it: nothing
            moves, or not as in the picture.
        GeometryError: the alignment is for another picture or recording, or cannot be found.
        OptionError: not a picture, or not a length.
    """
    length = _check_length(stream, length)
    if alignment is None:
        span = align_in_time(picture, stream, length).exposure
        assert span is not None
        return span
    alignment.check_spikes(stream)
    return _search_exposure_span(as_gray(picture, "a picture to align"), stream, length, alignment)


def align_in_time(
    picture: npt.ArrayLike,
    stream: SpikeStream,
    length: int,
    *,
    board: str | None = None,
) -> Alignment:
    """Register a picture in place and in time: an alignment that contains the exposure.

    The picture is aligned with the whole recording, the exposure found by that, and both once
    more. So most of the scene stands still, and some of it moves. Where the camera itself moves,
    another place is as good as another time: find the place on a scene at rest, then the time
    with `find_exposure`. Arguments and errors as for those two.
    """
    length = _check_length(stream, length)
    gray = as_gray(picture, "a picture to align")
    try:
        first_alignment = align(gray, stream, exposure=(0, len(stream)), board=board)
    except GeometryError as error:
        raise GeometryError(
            f"{error}; where the camera moved, place and time cannot both be found, so give the "
            "exposure, or an alignment from a scene at rest"
        ) from error
    span = _search_exposure_span(gray, stream, length, first_alignment)
    second_alignment = align(gray, stream, exposure=span, board=board)
    second_span = _search_exposure_span(gray, stream, length, second_alignment)
    if second_span == span:
        return second_alignment
    return align(gray, stream, exposure=second_span, board=board)


def _check_length(stream: SpikeStream, length: int) -> int:
    if not isinstance(length, (int, np.integer)) or length < 1:
        raise OptionError(f"an exposure lasts a whole number of frames, at least 1, not {length!r}")
    if length > len(stream):
        raise RangeError(
            f"an exposure of {length} frames is longer than the recording of {len(stream)}; give "
            "the frames of the picture's exposure"
        )
    return int(length)


def _search_exposure_span(
    gray: Picture, stream: SpikeStream, length: int, alignment: Alignment
) -> Span:
    """Find the span of ``length`` frames that fits the picture best, as `find_exposure`."""
    if length == len(stream):
        return 0, length
    if alignment.coverage() < _MIN_COVERAGE:
        raise GeometryError(
            f"the picture covers {alignment.coverage():.0%} of the spikes' view, too little to "
            "tell when it was exposed; check the alignment"
        )
    last = len(stream) - length
    step = max(1, length // _STEPS_PER_EXPOSURE)
    step = step if last > _FINE_STEPS * step else 1
    score = _SpanScore(gray, alignment)
    starts, subset_scores = [], []
    low = high = stream.count(0, length)
    for begin, counts in _iter_sliding_counts(stream, length, step):
        starts.append(begin)
        subset_scores.append(score(counts))
        low, high = np.minimum(low, counts), np.maximum(high, counts)
    scores = np.array(subset_scores)
    best = int(np.argmax(scores.mean(axis=1)))
    # A gain that all subsets share is no noise, but a picture of something that moved.
    gains = scores[best] - np.median(scores, axis=0)
    if not gains.mean() > _MIN_SIGNIFICANCE * gains.std(ddof=1) / np.sqrt(_SUBSETS):
        raise RangeError(
            "no span of the recording fits the picture better than the others, because nothing "
            "moves or all is too dark; give the exposure in frames instead"
        )
    first = max(0, starts[best] - step)
    fine_scores = _score_every_start(stream, length, first, min(last, starts[best] + step), score)
    start = first + int(np.argmax(fine_scores.mean(axis=1)))
    changes = (high - low).astype(np.float64)
    # Where the exposure is most of the recording, its spans are too alike to tell.
    testable = last > length
    if testable and score.relative_motion_error(stream, length, start, changes) > _MAX_MOTION_ERROR:
        raise RangeError(
            "what moves in the recording does not move so in the picture at any time; check that "
            "the picture was exposed during the recording, and for so many frames"
        )
    return start, start + length


class _SpanScore:
    """Score of a span: share of the variance of its rates that the picture explains."""

    def __init__(self, gray: Picture, alignment: Alignment) -> None:
        rectified, factor = alignment.rectify(gray), alignment.upsampling_factor
        height, width = alignment.spike_size
        blocks = rectified.reshape(height, factor, width, factor)
        self._gray_values = blocks.mean(axis=(1, 3)).astype(np.float64).ravel()
        y, x = np.mgrid[:height, :width]
        subset_index = (x + 3 * y) % _SUBSETS
        inside = alignment.inside_mask()
        self._pixels = [
            np.flatnonzero(inside & (subset_index == subset)) for subset in range(_SUBSETS)
        ]
        self._bases = [
            _orthonormal_polynomials(self._gray_values[pixels]) for pixels in self._pixels
        ]

    def relative_motion_error(
        self, stream: SpikeStream, length: int, start: int, changes: Floats
    ) -> float:
        """Error of a span at moving pixels, relative to the median error of other spans.

        The curve is fitted to the span's pixels that change less.
        """
        pixels = np.concatenate(self._pixels)
        change = changes.ravel()[pixels]
        moving = change > np.percentile(change, 100 - _MOVING_PERCENT)
        powers = self._gray_values[pixels, None] ** np.arange(_DEGREE + 1)

        def rates(begin: int) -> Floats:
            return stream.count(begin, begin + length).ravel()[pixels].astype(np.float64)

        span_rates = rates(start)
        curve = np.linalg.lstsq(powers[~moving], span_rates[~moving], rcond=None)[0]
        expected = (powers @ curve)[moving]
        starts = np.linspace(0, len(stream) - length, _REFERENCE_SPANS).astype(int).tolist()
        reference_errors = [np.mean((rates(begin)[moving] - expected) ** 2) for begin in starts]
        error = np.mean((span_rates[moving] - expected) ** 2)
        return float(error / max(np.median(reference_errors), 1e-9))

    def __call__(self, counts: npt.NDArray[np.int64]) -> list[float]:
        scores = []
        for pixels, basis in zip(self._pixels, self._bases, strict=True):
            values = counts.ravel()[pixels].astype(np.float64)
            values -= values.mean()
            total = float(values @ values)
            scores.append(float(((values @ basis) ** 2).sum()) / total if total else 0.0)
        return scores


def _orthonormal_polynomials(values: Floats) -> Floats:
    """Orthonormal polynomials of values, one a column. The constant is left out."""
    spread = float(np.ptp(values)) or 1.0
    unit = (values - values.min()) / spread * 2 - 1
    columns, triangle = np.linalg.qr(np.stack([unit**n for n in range(_DEGREE + 1)], axis=1))
    # A picture of two grays has no third power of its own.
    independent = np.abs(np.diag(triangle)) > 1e-9 * abs(triangle[0, 0])
    independent[0] = False
    basis_columns: Floats = columns[:, independent]
    return basis_columns


def _iter_sliding_counts(
    stream: SpikeStream, window_length: int, step: int
) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Yield the start of a window that slides in steps, and its spike counts.

    The counts are overwritten with those of the next start.
    """
    parts = window_length // step
    window: deque[npt.NDArray[np.int64]] = deque()
    total = np.zeros(stream.shape[1:], np.int64)
    for begin in range(0, len(stream) - step + 1, step):
        window.append(stream.count(begin, begin + step))
        total += window[-1]
        if len(window) > parts:
            total -= window.popleft()
        start = begin + step - parts * step
        if len(window) == parts and start + window_length <= len(stream):
            yield start, total


def _score_every_start(
    stream: SpikeStream, length: int, first_start: int, last_start: int, score: _SpanScore
) -> Floats:
    """Score the span at every start of a range, (starts, subsets)."""
    total = stream.count(first_start, first_start + length)
    scores = [score(total)]
    for start in range(first_start, last_start):
        total += stream[start + length].astype(np.int64) - stream[start]
        scores.append(score(total))
    return np.array(scores)
