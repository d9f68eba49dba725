"""TFP, texture from playback: the mean firing rate in a window.

    P(t) = N / n,    N = spikes of the pixel in [t - n//2, t + n//2], n the window in frames

(Zhu et al., ICME 2019; SpikeGen Eq. 3, with its scaling constant C = 1.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from spikecam.bits import Bytes, frame_bytes
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.membrane import iter_corrected_tfp
from spikecam.reconstruction.recent_counts import RecentCounts
from spikecam.reconstruction.sliding_counts import SlidingCounts
from spikecam.rows import iter_empty_picture_blocks, iter_selected_pictures
from spikecam.spike_counts import SpikeCounter
from spikecam.stream import SpikeStream

# The most packed frames that online reconstruction holds.
MAX_ONLINE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class TfpOptions:
    """Options of TFP.

    Attributes:
        window: odd number of frames, centred on the frame.
        fpn: fixed pattern of the camera, corrected spike by spike.
    """

    window: int = 41
    fpn: FixedPattern | None = None


def tfp(stream: SpikeStream, frames: Sequence[int], options: TfpOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by TFP.

    The cost does not depend on the window's length.

    Args:
        stream: the recording.
        frames: frame indices.
        options: window and fixed pattern.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W): 1 where a pixel fired in every frame.

    Raises:
        RangeError: a window leaves the recording.
    """
    window, fpn = options.window, options.fpn
    for frame in (min(frames), max(frames)):
        stream.window(frame, window)
    if fpn is not None:
        corrected = partial(iter_corrected_tfp, stream, window=window, fpn=fpn)
        return iter_selected_pictures(corrected, frames, single_frame_cost=window)
    return iter_selected_pictures(
        partial(_run, stream, window=window), frames, single_frame_cost=window
    )


def _run(stream: SpikeStream, first: int, last: int, window: int) -> Iterator[Picture]:
    start, stop = stream.window(first, window)
    counts = stream.count(start, stop)
    yield counts.astype(np.float32) / np.float32(window)
    sliding = SlidingCounts(counts, window)
    for pictures in iter_empty_picture_blocks(first + 1, last, stream.shape):
        n = len(pictures)
        sliding.slide(
            stream.packed_rows(stop, stop + n), stream.packed_rows(start, start + n), pictures
        )
        yield from pictures
        start, stop = start + n, stop + n


class OnlineTfp:
    """TFP of frames as they come, for live use.

    It is of the last ``window`` frames, or fewer at first. Each frame is counted once, as it comes.

    Attributes:
        length: of the window in frames.

    Args:
        shape: height and width in pixels.
        options: window, odd or even, as it ends at the last frame; the fixed pattern is not
            corrected.

    Raises:
        OptionError: a window below 1 or of more than `MAX_ONLINE_BYTES`.
    """

    def __init__(self, shape: tuple[int, int], options: TfpOptions) -> None:
        height, width = shape
        longest = MAX_ONLINE_BYTES // frame_bytes(height, width)
        if not 1 <= options.window <= longest:
            raise OptionError(
                f"the window of live TFP is 1 to {longest:,} frames of {width}x{height}, which are "
                f"held in memory, not {options.window:,}"
            )
        self.length = options.window
        self._recent = RecentCounts(shape, options.window)

    def writable_slots(self, count: int, size: int) -> Bytes | None:
        """Memory for up to ``count`` frames that come next, of ``size`` bytes, or None.

        Frames that are written there, and then passed to `update`, are not copied.
        """
        return self._recent.writable_slots(count, size)

    def update(self, frames: SpikeStream) -> None:
        """Advance by the frames that come next. The last ``window`` of all are held."""
        self._recent.append(frames)

    def picture(self) -> Picture:
        """Firing rates in [0, 1] after the last frame, float32 (H, W)."""
        return _rate(self._recent.count(), len(self._recent))

    def picture_of(self, frames: SpikeStream) -> Picture:
        """The picture after these frames, of any number, which are counted where they lie.

        Frames of `update` do not change it.
        """
        packed = frames.packed(0, len(frames))
        counter = SpikeCounter(packed.shape[1], len(packed))
        # Another thread would wait for a core that the camera's program uses.
        counter.add(packed, parallel=False)
        return _rate(counter.picture(frames.height, frames.width, frames.row_width), len(frames))


def _rate(counts: npt.NDArray[np.uint32], length: int) -> Picture:
    rate: Picture = counts.astype(np.float32, order="C")
    rate /= np.float32(max(length, 1))
    return rate


METHOD = Method(
    name="tfp",
    summary="firing rate in a window: smooth, blurs what moves within it",
    takes=Takes.SPIKES,
    run=tfp,
    options=TfpOptions,
    source="Zhu et al., ICME 2019",
    window=lambda options, stream: options.window,
    online=OnlineTfp,
)
