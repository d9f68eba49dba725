"""Facts of a recording: length, geometry, rate, dead and saturated pixels."""

from __future__ import annotations

from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.stream import Progress, Span, SpikeStream


def summarize_recording(
    spikes: SpikeStream | PathLike, *, progress: Progress[Span] = iter
) -> dict[str, int | float | list[int] | None]:
    """Summarize a recording in a dictionary of facts, such as length, geometry and rate.

    Args:
        spikes: a recording, or the path of one whose size is in the file or in a sidecar file.
        progress: wraps the list of spans that are read one after another.

    Returns:
        ``frames``; ``height``, ``width`` and ``row_width`` in pixels; ``rate`` in Hz, ``duration``
        in seconds and ``exposure`` [start, stop], None where unknown; ``mean_rate``, spikes per
        pixel and frame in [0, 1]; ``dead_pixels``, which never fire; ``saturated_pixels``, which
        fire in every frame.

    >>> summarize_recording(SpikeStream.from_array([[[0, 1]], [[0, 1]]]))["mean_rate"]
    0.5
    """
    stream = as_stream(spikes)
    counts = stream.count(progress=progress)
    frames = len(stream)
    return {
        "frames": frames,
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
