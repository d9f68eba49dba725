"""``spikecam view``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.options import (
    AtOption,
    CameraOption,
    GammaOption,
    MethodOption,
    SizeOption,
    SpikesArgument,
    TruncateOption,
    WindowOption,
    method_options,
    open_recording,
    parse_bounds,
)
from spikecam.cli.output import check_out


def view(
    spikes: SpikesArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Write the picture here, open nothing."),
    ] = None,
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
    method: MethodOption = "tfp",
    window: WindowOption = None,
    at: AtOption = None,
    stretch: Annotated[
        str, typer.Option("--stretch", metavar="LOW:HIGH", help="Percentiles of black and white.")
    ] = "1:99",
    gamma: GammaOption = 1.0,
) -> None:
    """Look at one frame of a recording, stretched for the eye."""
    stream = open_recording(spikes, size, camera, truncate)
    low, high = parse_bounds(stretch, "--stretch")
    if out is not None:
        check_out(out, [spikes], 1, fps=30, bits=8)
    at = len(stream) // 2 if at is None else at
    options = method_options(method, window)
    picture = sc.reconstruct(stream, at, method, **options)
    path = out or Path(tempfile.mkdtemp(prefix="spikecam-")) / f"{spikes.stem}-{at:03d}.png"
    sc.write_picture(path, sc.stretch_for_display(picture, low=low, high=high, gamma=gamma))
    print(f"{path}: frame {at}")
    if out is None and typer.launch(str(path)):
        print("no program to show pictures was found; open the file by hand")
