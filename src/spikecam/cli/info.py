"""``spikecam info``."""

from __future__ import annotations

from dataclasses import asdict

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.options import RecordingOptions, SpikesArgument
from spikecam.cli.progress import make_progress_tracker


def info(spikes: SpikesArgument, /, *, recording: RecordingOptions = RecordingOptions()) -> None:
    """Describe a recording: frames, size, duration, mean rate, dead pixels, fitting method."""
    stream = recording.open_recording(spikes)
    facts = sc.summarize_recording(stream, progress=make_progress_tracker("Counting spikes"))
    pixels = stream.height * stream.width
    stored = f" (stored in rows of {stream.row_width})" if stream.row_width != stream.width else ""
    rows = {
        "frames": f"{facts['frames']:,}",
        "size": f"{stream.width}x{stream.height}{stored}",
        "rate": "unknown" if stream.rate is None else f"{stream.rate:g} Hz",
        "duration": "unknown" if stream.duration is None else f"{stream.duration:.6g} s",
        "exposure": "unknown" if stream.exposure is None else "{}:{}".format(*stream.exposure),
        "mean rate": f"{facts['mean_rate']:.4f} spikes per pixel and frame",
        "dead pixels": f"{facts['dead_pixels']:,} of {pixels:,} (never fire)",
        "saturated": f"{facts['saturated_pixels']:,} of {pixels:,} (fire in every frame)",
    }
    choice = sc.choose_method(stream)
    rows["method"] = str(choice).removeprefix("method ")
    lines = [str(spikes), *(f"  {name:<12} {value}" for name, value in rows.items())]
    report("\n".join(lines), {"file": spikes, **facts, "method": asdict(choice)})
