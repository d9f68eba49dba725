"""``spikecam info``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.options import (
    CameraOption,
    RateOption,
    SizeOption,
    SpikesArgument,
    TruncateOption,
    open_recording,
)
from spikecam.cli.progress import tracker


def info(
    spikes: SpikesArgument,
    size: SizeOption = None,
    camera: CameraOption = None,
    rate: RateOption = None,
    truncate: TruncateOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Describe a recording: frames, size, duration, mean rate, dead and saturated pixels."""
    stream = open_recording(spikes, size, camera, truncate, rate)
    said = sc.summary(stream, progress=tracker("Counting spikes"))
    if as_json:
        print(json.dumps({"file": str(spikes), **said}, indent=2))
        return
    pixels = stream.height * stream.width
    stored = f" (stored in rows of {stream.row_width})" if stream.row_width != stream.width else ""
    rows = {
        "frames": f"{said['frames']:,}",
        "size": f"{stream.width}x{stream.height}{stored}",
        "rate": "unknown" if stream.rate is None else f"{stream.rate:g} Hz",
        "duration": "unknown" if stream.duration is None else f"{stream.duration:.6g} s",
        "exposure": "unknown" if stream.exposure is None else "{}:{}".format(*stream.exposure),
        "mean rate": f"{said['mean_rate']:.4f} spikes per pixel and frame",
        "dead pixels": f"{said['dead_pixels']:,} of {pixels:,} (never fire)",
        "saturated": f"{said['saturated_pixels']:,} of {pixels:,} (fire in every frame)",
    }
    print(spikes)
    for name, value in rows.items():
        print(f"  {name:<12} {value}")
