"""`find_exposure`: when, in spike frames, a picture was exposed.

What moves is blurred in the picture the way it moved during the exposure, and the mean rate of
the spikes over the same frames is blurred alike. The picture is brought to the spikes' view, and
every span of the exposure's length is scored by how well it is explained by the picture's gray g
through a smooth tone curve (gamma, exposure): the share of its variance explained,

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

_STEPS = 16
# The pixels are dealt out to this many hands, each of which sees the whole view.
_HANDS = 16
# By how many standard errors of the hands the best span must beat the middling one.
_CLEAR = 6.0
_DEGREE = 3
# The share of pixels, in per cent, that change most and so show the motion; spans to compare the
# best one with; and the most that it may leave unexplained there. In films of real motion at most
# 0.05 was left where the picture was exposed during the recording, at least 0.29 where not.
_MOVING, _OTHERS, _MOST_LEFT = 10, 9, 0.18
_LEAST_COVERED = 0.05
# Spans are scored frame by frame at once where they are no more than this many steps.
_FEW = 4


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
    length = _checked_length(stream, length)
    if alignment is None:
        found = align_in_time(picture, stream, length).exposure
        assert found is not None
        return found
    alignment.check_spikes(stream)
    return _find(as_gray(picture, "a picture to align"), stream, length, alignment)


def align_in_time(
    picture: npt.ArrayLike,
    stream: SpikeStream,
    length: int,
    *,
    board: str | None = None,
) -> Alignment:
    """Find both where the picture lies and when it was exposed; the alignment holds the exposure.

    The picture is aligned with the whole recording, the exposure found by that, and both once
    more. So most of the scene stands still, and some of it moves. Where the camera itself moves,
    another place is as good as another time: find the place on a scene at rest, then the time
    with `find_exposure`. Arguments and errors as for those two.
    """
    length = _checked_length(stream, length)
    gray = as_gray(picture, "a picture to align")
    try:
        found = align(gray, stream, exposure=(0, len(stream)), board=board)
    except GeometryError as error:
        raise GeometryError(
            f"{error}; where the camera moved, place and time cannot both be found, so give the "
            "exposure, or an alignment from a scene at rest"
        ) from error
    span = _find(gray, stream, length, found)
    closer = align(gray, stream, exposure=span, board=board)
    again = _find(gray, stream, length, closer)
    return closer if again == span else align(gray, stream, exposure=again, board=board)


def _checked_length(stream: SpikeStream, length: int) -> int:
    if not isinstance(length, (int, np.integer)) or length < 1:
        raise OptionError(f"an exposure lasts a whole number of frames, at least 1, not {length!r}")
    if length > len(stream):
        raise RangeError(
            f"an exposure of {length} frames is longer than the recording of {len(stream)}; give "
            "the frames of the picture's exposure"
        )
    return int(length)


def _find(gray: Picture, stream: SpikeStream, length: int, alignment: Alignment) -> Span:
    if length == len(stream):
        return 0, length
    if alignment.coverage() < _LEAST_COVERED:
        raise GeometryError(
            f"the picture covers {alignment.coverage():.0%} of the spikes' view, too little to "
            "tell when it was exposed; check the alignment"
        )
    last = len(stream) - length
    step = max(1, length // _STEPS)
    step = step if last > _FEW * step else 1
    score = _Score(gray, alignment)
    spans = []
    low = high = stream.count(0, length)
    for begin, counts in _windows(stream, length, step):
        spans.append((begin, score(counts)))
        low, high = np.minimum(low, counts), np.maximum(high, counts)
    starts, scores = [start for start, _ in spans], np.array([shares for _, shares in spans])
    best = int(np.argmax(scores.mean(axis=1)))
    # What every hand sees alike is no noise, but a picture of something that moved.
    gains = scores[best] - np.median(scores, axis=0)
    if not gains.mean() > _CLEAR * gains.std(ddof=1) / np.sqrt(_HANDS):
        raise RangeError(
            "no span of the recording fits the picture better than the others, because nothing "
            "moves or all is too dark; give the exposure in frames instead"
        )
    first = max(0, starts[best] - step)
    near = _fine(stream, length, first, min(last, starts[best] + step), score)
    start = first + int(np.argmax(near.mean(axis=1)))
    changes = (high - low).astype(np.float64)
    # Where the exposure is most of the recording, its spans are too alike to tell.
    if last > length and score.left_of_motion(stream, length, start, changes) > _MOST_LEFT:
        raise RangeError(
            "what moves in the recording does not move so in the picture at any time; check that "
            "the picture was exposed during the recording, and for so many frames"
        )
    return start, start + length


class _Score:
    """How well rates are explained by a picture, for each hand of pixels."""

    def __init__(self, gray: Picture, alignment: Alignment) -> None:
        fine, k = alignment.rectify(gray), alignment.factor
        height, width = alignment.spike_size
        seen = fine.reshape(height, k, width, k).mean(axis=(1, 3)).astype(np.float64)
        self._seen = seen.ravel()
        y, x = np.mgrid[:height, :width]
        hands = (x + 3 * y) % _HANDS
        inside = alignment.inside()
        self._pixels = [np.flatnonzero(inside & (hands == hand)) for hand in range(_HANDS)]
        self._bases = [_basis(seen.ravel()[pixels]) for pixels in self._pixels]

    def left_of_motion(
        self, stream: SpikeStream, length: int, start: int, changes: Floats
    ) -> float:
        """What a span leaves unexplained where rates change most, over what spans usually leave.

        The tone curve is fitted to the span's pixels that change less.
        """
        inside = np.concatenate(self._pixels)
        most = changes.ravel()[inside]
        moving = most > np.percentile(most, 100 - _MOVING)
        powers = self._seen[inside, None] ** np.arange(_DEGREE + 1)

        def rates(begin: int) -> Floats:
            return stream.count(begin, begin + length).ravel()[inside].astype(np.float64)

        found = rates(start)
        curve = np.linalg.lstsq(powers[~moving], found[~moving], rcond=None)[0]
        expected = (powers @ curve)[moving]
        others = np.linspace(0, len(stream) - length, _OTHERS).astype(int).tolist()
        usual = [np.mean((rates(other)[moving] - expected) ** 2) for other in others]
        return float(np.mean((found[moving] - expected) ** 2) / max(np.median(usual), 1e-9))

    def __call__(self, counts: npt.NDArray[np.int64]) -> list[float]:
        shares = []
        for pixels, basis in zip(self._pixels, self._bases, strict=True):
            values = counts.ravel()[pixels].astype(np.float64)
            values -= values.mean()
            total = float(values @ values)
            shares.append(float(((values @ basis) ** 2).sum()) / total if total else 0.0)
        return shares


def _basis(values: Floats) -> Floats:
    """Orthonormal columns that span the powers of ``values`` without the constant."""
    spread = float(np.ptp(values)) or 1.0
    unit = (values - values.min()) / spread * 2 - 1
    columns, triangle = np.linalg.qr(np.stack([unit**n for n in range(_DEGREE + 1)], axis=1))
    # A picture of two grays has no third power of its own.
    real = np.abs(np.diag(triangle)) > 1e-9 * abs(triangle[0, 0])
    real[0] = False
    kept: Floats = columns[:, real]
    return kept


def _windows(
    stream: SpikeStream, length: int, step: int
) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Starts in steps, and the counts from there on, of as many whole steps as the length has.

    The counts are overwritten with those of the next start.
    """
    parts = length // step
    window: deque[npt.NDArray[np.int64]] = deque()
    total = np.zeros(stream.shape[1:], np.int64)
    for begin in range(0, len(stream) - step + 1, step):
        window.append(stream.count(begin, begin + step))
        total += window[-1]
        if len(window) > parts:
            total -= window.popleft()
        start = begin + step - parts * step
        if len(window) == parts and start + length <= len(stream):
            yield start, total


def _fine(stream: SpikeStream, length: int, first: int, last: int, score: _Score) -> Floats:
    """Scores (starts, hands) of every start from ``first`` to ``last``."""
    total = stream.count(first, first + length)
    scores = [score(total)]
    for start in range(first, last):
        total += stream[start + length].astype(np.int64) - stream[start]
        scores.append(score(total))
    return np.array(scores)
