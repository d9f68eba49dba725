"""Facts of a recording: length, geometry, rate, dead and saturated pixels."""

from __future__ import annotations

import numpy as np

from spikecam.bits import frame_bytes
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.stream import Progress, Span, SpikeStream

# Longer recordings, and those that are far away, would be read for minutes.
_MOST_COUNTED_BYTES = 1 << 30
_BLOCK_BYTES = 16 << 20


def summarize_recording(
    spikes: SpikeStream | PathLike, *, all_frames: bool = False, progress: Progress[Span] = iter
) -> dict[str, int | float | list[int] | None]:
    """Summarize a recording in a dictionary of facts, such as length, geometry and rate.

    Args:
        spikes: a recording, or the path of one whose size is in the file or in a sidecar file.
        all_frames: count the spikes of all frames; otherwise those of a recording of more than a
            gigabyte are counted in blocks that are spread evenly, a gigabyte together.
        progress: wraps the list of spans that are read one after another.

    Returns:
        ``frames``; ``counted_frames``, those whose spikes were counted; ``height``, ``width`` and
        ``row_width`` in pixels; ``rate`` in Hz, ``duration`` in seconds and ``exposure``
        [start, stop], None where unknown; of the counted frames ``mean_rate``, spikes per pixel and
        frame in [0, 1], ``dead_pixels``, which never fire, and ``saturated_pixels``, which fire in
        every frame.

    >>> summarize_recording(SpikeStream.from_array([[[0, 1]], [[0, 1]]]))["mean_rate"]
    0.5
    """
    stream = as_stream(spikes)
    spans = stream.block_spans(_BLOCK_BYTES)
    if not all_frames:
        spans = _spread_spans(
            spans, _MOST_COUNTED_BYTES // frame_bytes(stream.height, stream.row_width)
        )
    counts, frames = np.zeros((stream.height, stream.width), np.int64), 0
    for start, stop in progress(spans):
        counts += stream.count(start, stop)
        frames += stop - start
    return {
        "frames": len(stream),
        "counted_frames": frames,
        "height": stream.height,
        "width": stream.width,
        "row_width": stream.row_width,
        "rate": stream.rate,
        "duration": stream.duration,
        "exposure": None if stream.exposure is None else list(stream.exposure),
        "mean_rate": float(counts.sum() / (counts.size * frames)) if frames else 0.0,
        "dead_pixels": int((counts == 0).sum()) if frames else 0,
        "saturated_pixels": int((counts == frames).sum()) if frames else 0,
    }


def _spread_spans(spans: list[Span], most_frames: int) -> list[Span]:
    """As many spans as have so many frames, evenly spread from the first to the last."""
    count = max(2, most_frames // max(1, spans[0][1] - spans[0][0])) if spans else 0
    if count >= len(spans):
        return spans
    return [spans[i * (len(spans) - 1) // (count - 1)] for i in range(count)]
