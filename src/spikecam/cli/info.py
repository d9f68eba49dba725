"""``spikecam info``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.options import RecordingOptions, SpikesArgument
from spikecam.cli.progress import make_progress_tracker
from spikecam.views.ply_file import SCENE_SUFFIX, read_ply


def info(
    spikes: SpikesArgument,
    /,
    *,
    recording: RecordingOptions = RecordingOptions(),
    all_frames: bool = False,
) -> None:
    """Describe a recording: frames, size, duration, mean rate, dead pixels, fitting method.

    A scene of Gaussians (.ply) is described by their number, their harmonics and its size.

    Args:
        all_frames: count the spikes of all frames; of a recording of more than a gigabyte, blocks
            of frames are counted that are spread over it.
    """
    if isinstance(spikes, Path) and spikes.suffix.lower() == SCENE_SUFFIX:
        if all_frames or recording != RecordingOptions():
            raise sc.OptionError(f"{spikes} is a scene; leave out the options of a recording")
        _describe_scene(spikes)
        return
    stream = recording.open_recording(spikes)
    facts = sc.summarize_recording(
        stream, all_frames=all_frames, progress=make_progress_tracker("Counting spikes")
    )
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
    if facts["counted_frames"] != facts["frames"]:
        rows["counted"] = f"{facts['counted_frames']:,} frames, spread; all with --all-frames"
    choice = sc.choose_method(stream)
    rows["method"] = str(choice).removeprefix("method ")
    lines = [str(spikes), *(f"  {name:<12} {value}" for name, value in rows.items())]
    report("\n".join(lines), {"file": spikes, **facts, "method": asdict(choice)})


def _describe_scene(path: Path) -> None:
    from spikecam.views.scene_summary import summarize_scene

    facts = summarize_scene(read_ply(path))
    rows = {
        "gaussians": f"{facts['gaussians']:,} {'gray' if facts['channels'] == 1 else 'in colour'}",
        "harmonics": f"up to degree {facts['degree']}",
        "middle": " ".join(f"{value:.4g}" for value in facts["middle"]),
        "radius": f"{facts['radius']:.4g}, of 90 % of the opacity",
    }
    lines = [str(path), *(f"  {name:<12} {value}" for name, value in rows.items())]
    report("\n".join(lines), {"file": path, **facts})
