"""Cuts between scenes: frames at which a recording suddenly shows something else.

Short exposures are compared with the next but one by correlation, which no brightness changes. A
scene that moves looks less and less alike from one to the next; at a cut two have nothing in common
while all others have. In the dark, where noise hides this, no cut is found.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture
from spikecam.stream import SpikeStream

# Frames of a short exposure, and its Gaussian blur against noise.
_FRAMES, _BLUR = 4, 1.5
# Fewest exposures of which a median says what is usual.
_MIN_EXPOSURES = 5
# Correlation at a cut, as a share of the median, and the median below which noise may hide cuts.
_CUT_SHARE, _MIN_CORRELATION = 0.15, 0.3
# Correlation before and after a cut, as a share of the median, and how many to each side count.
_SCENE_SHARE, _SIDE = 0.7, 4


def find_scene_cuts(stream: SpikeStream, start: int, stop: int) -> list[int]:
    """Frames between ``start`` and ``stop`` at which a new scene begins.

    Args:
        stream: the recording.
        start, stop: what lies outside of the recording is left out.
    """
    # The same short exposures whatever the frames.
    first, last = max(0, start) // _FRAMES, min(len(stream), stop) // _FRAMES
    if last - first < _MIN_EXPOSURES:
        return []
    part = np.asarray(stream[first * _FRAMES : last * _FRAMES])
    exposures = part.reshape(last - first, _FRAMES, *part.shape[1:]).sum(1, dtype=np.float32)
    pictures = np.stack([_normalise(cv2.GaussianBlur(e, (0, 0), _BLUR)) for e in exposures])
    flat = pictures.reshape(len(pictures), -1)
    correlations = np.einsum("kp,kp->k", flat[:-2], flat[2:])
    median = float(np.median(correlations))
    if median < _MIN_CORRELATION:
        return []
    cuts = set()
    for k in np.nonzero(correlations < _CUT_SHARE * median)[0]:
        # A scene before, and another after: a sensor that has just started shows neither.
        before, after = correlations[max(0, k - _SIDE) : k], correlations[k + 1 : k + 1 + _SIDE]
        if min(before.max(initial=0), after.max(initial=0)) < _SCENE_SHARE * median:
            continue
        # Somewhere in the exposure between the two that differ.
        begin = (first + int(k)) * _FRAMES
        cuts.add(begin + _locate_change(part[k * _FRAMES : (k + 3) * _FRAMES]))
    return sorted(cuts)


def _normalise(picture: Picture) -> Picture:
    """A picture of mean 0 and of square sum 1, or of 0 where it is flat."""
    centred = picture - picture.mean()
    norm = float(np.sqrt((centred**2).sum()))
    return np.asarray(centred / max(norm, 1e-6), np.float32)


def _locate_change(frames: npt.NDArray[np.integer]) -> int:
    """Frame of the change of mean that explains most of the differences between frames."""
    count = len(frames)
    sums = np.cumsum([cv2.GaussianBlur(f.astype(np.float32), (0, 0), _BLUR) for f in frames], 0)
    gains = []
    for cut in range(1, count):
        difference = sums[cut - 1] / cut - (sums[-1] - sums[cut - 1]) / (count - cut)
        gains.append(cut * (count - cut) * float((difference**2).sum()))
    return 1 + int(np.argmax(gains))
