"""``spikecam calibrate``: the fixed pattern of a camera, and where another one looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.options import (
    CameraOption,
    SizeOption,
    SpikesArgument,
    TruncateOption,
    open_recording,
    parse_numbers,
    parse_span,
)
from spikecam.cli.output import refuse_input
from spikecam.cli.progress import tracker

calibrate = typer.Typer(
    no_args_is_help=True, help="Calibrate a camera: its fixed pattern, or a second camera's place."
)


@calibrate.command()
def fpn(
    fields: Annotated[
        list[Path],
        typer.Argument(
            metavar="DARK MID BRIGHT",
            help="Recordings of an evenly lit surface; or the bright one alone.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help="An .npz.", show_default=False),
    ],
    lux: Annotated[
        str | None,
        typer.Option("--lux", metavar="L1,L2,L3", help="Illuminance of each of three fields."),
    ] = None,
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
) -> None:
    """Find the fixed pattern of a camera from recordings of uniform fields."""
    refuse_input(out, fields)
    if out.suffix.lower() != ".npz":
        raise sc.OutputError(f"{out}: a fixed pattern is written as .npz")
    streams = [open_recording(path, size, camera, truncate) for path in fields]
    levels = None if lux is None else parse_numbers(lux, "--lux")
    found = sc.calibrate_fpn(streams, levels, progress=tracker("Reading"))
    found.save(out)
    print(f"{out}: {found.summary()}")


@calibrate.command()
def align(
    picture: Annotated[
        Path,
        typer.Argument(metavar="RGB", help="A picture of the second camera.", show_default=False),
    ],
    spikes: SpikesArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="A .json.", show_default=False)
    ],
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
    exposure: Annotated[
        str | None,
        typer.Option("--exposure", metavar="A:B", help="Frames during which RGB was exposed."),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option("--length", metavar="N", help="Or how many, to be found by the motion."),
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(
            "--board",
            metavar="KIND:WxH",
            help="Both see a checkerboard:9x6 (inner corners) or charuco:11x8 (squares).",
        ),
    ] = None,
) -> None:
    """Find where a second camera's picture lies in the view of the spike camera, and when.

    From what both see, or from a board. Keep both cameras as they are from then on.
    """
    refuse_input(out, [picture, spikes])
    if out.suffix.lower() != ".json":
        raise sc.OutputError(f"{out}: an alignment is written as .json")
    stream = open_recording(spikes, size, camera, truncate)
    seen = sc.read_picture(picture)
    if length is not None and exposure is not None:
        raise sc.OptionError("--exposure says which frames and --length how many; give one")
    if length is not None:
        found = sc.align_in_time(seen, stream, length, board=board)
    else:
        span = None if exposure is None else parse_span(exposure, "--exposure", len(stream))
        found = sc.align(seen, stream, exposure=span, board=board)
        # Of this pair alone: what was not looked for says nothing about others.
        found = replace(found, exposure=None)
    found.save(out)
    error = "" if found.error is None else f", right to about {found.error:.2f} of them"
    when = "" if found.exposure is None else f"; exposure {found.exposure[0]}:{found.exposure[1]}"
    print(
        f"{out}: {found.magnification:.2f} pixels of the picture to one of the spikes{error}; "
        f"{found.coverage():.0%} of the spikes' view is in the picture{when}"
    )
