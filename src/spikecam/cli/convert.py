"""``spikecam convert``."""

from __future__ import annotations

from pathlib import Path
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
    parse_span,
)
from spikecam.cli.output import refuse_input
from spikecam.cli.progress import tracker


def convert(
    spikes: SpikesArgument,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help=".dat, .npz or .h5.", show_default=False),
    ],
    size: SizeOption = None,
    camera: CameraOption = None,
    rate: RateOption = None,
    truncate: TruncateOption = False,
    frames: Annotated[
        str | None, typer.Option("--frames", metavar="A:B", help="Only these frames.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", help="Of an .npz: packed, uhsr or rsir.")
    ] = None,
) -> None:
    """Convert a recording to another format, losslessly."""
    stream = open_recording(spikes, size, camera, truncate, rate)
    if frames is not None:
        start, stop = parse_span(frames, "--frames", len(stream))
        stream = stream[start:stop]
    refuse_input(out, [spikes])
    sc.write_recording(out, stream, layout=layout, progress=tracker("Converting"))
    print(f"{out}: {len(stream)} frames of {stream.width}x{stream.height}")
