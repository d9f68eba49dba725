"""``spikecam calibrate``: the fixed pattern of a camera, and where another one looks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.options import (
    CameraOption,
    SizeOption,
    TruncateOption,
    open_recording,
    parse_numbers,
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
        str, typer.Option("--lux", metavar="L1,L2,L3", help="Illuminance of each field.")
    ] = "0,153,335",
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
) -> None:
    """Find the fixed pattern of a camera from recordings of uniform fields."""
    refuse_input(out, fields)
    if out.suffix.lower() != ".npz":
        raise sc.OutputError(f"{out}: a fixed pattern is written as .npz")
    streams = [open_recording(path, size, camera, truncate) for path in fields]
    levels = parse_numbers(lux, "--lux")
    found = sc.calibrate_fpn(streams, levels, progress=tracker("Reading"))
    found.save(out)
    dead, stuck = int((found.bad == 1).sum()), int((found.bad == 2).sum())
    good = found.bad == 0
    gain, offset = found.gain[good], found.offset[good]
    offsets = f", offsets about {_median(offset):.1f} lux" if len(fields) == 3 else ""
    print(
        f"{out}: {found.shape[1]}x{found.shape[0]} pixels, gains within "
        f"{gain.std() / gain.mean():.1%}{offsets}; {dead} dead, {stuck} stuck"
    )


def _median(values: object) -> float:
    import numpy as np

    return float(np.median(values))  # type: ignore[call-overload]
