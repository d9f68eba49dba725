"""``spikecam deblur``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.old_options import (
    AtOption,
    BitsOption,
    CameraOption,
    DeviceOption,
    FpnOption,
    FpsOption,
    OutOption,
    SizeOption,
    SpikesArgument,
    TileOption,
    TruncateOption,
    open_recording,
    parse_count,
    parse_frames,
    parse_span,
    read_fpn,
    refuse_both,
)
from spikecam.cli.output import check_out, write_frames


def deblur(
    blur: Annotated[
        Path, typer.Argument(metavar="BLUR", help="The blurry picture.", show_default=False)
    ],
    spikes: SpikesArgument,
    out: OutOption,
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
    exposure: Annotated[
        str | None,
        typer.Option("--exposure", metavar="A:B", help="Frames during which BLUR was exposed."),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="N|A:B[:STEP]",
            help="How many frames, spread over the exposure (7), or which.",
        ),
    ] = None,
    at: AtOption = None,
    method: Annotated[
        str, typer.Option("--method", help="refined, sdm, ldn or teacher.")
    ] = "refined",
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights",
            metavar="NAME|FILE",
            help="Of the network, see spikecam weights list; for the teacher two: BSN, then EDSR.",
        ),
    ] = None,
    tile: TileOption = None,
    device: DeviceOption = None,
    window: Annotated[
        int | None,
        typer.Option("--window", metavar="N", help="Odd number of frames to a picture, of sdm."),
    ] = None,
    fpn: FpnOption = None,
    align: Annotated[
        Path | None,
        typer.Option("--align", metavar="ALIGN", help="From spikecam calibrate align."),
    ] = None,
    fps: FpsOption = 30,
    bits: BitsOption = 8,
) -> None:
    """Bring back the sharp film inside a blurry picture.

    The exposure is what the recording says; else what ALIGN was found to have, by --length; else
    all of the recording.

    With --align the film is what the spike camera sees, on a grid a whole number of times as fine.
    """
    stream = open_recording(spikes, size, camera, truncate)
    refuse_both(at, frames)
    declared = sc.find_method(method, sc.Takes.SPIKES_AND_PICTURE)
    given_options = {
        "window": window,
        "weights": weights or None,
        "tile": tile,
        "device": device,
        "fpn": read_fpn(fpn),
    }
    options = {name: value for name, value in given_options.items() if value is not None}
    given = parse_span(exposure, "--exposure", len(stream)) if exposure is not None else None
    picture: Any = blur
    if align is not None:
        place = sc.Alignment.load(align)
        place.check_spikes(stream)
        picture = place.rectify(sc.read_picture(blur))
        given = given or stream.exposure or place.exposure
        if place.coverage() < 0.99:
            print(f"{blur} covers {place.coverage():.0%} of what the spike camera sees")
    span = sc.resolve_exposure(stream, given)
    chosen: Sequence[int]
    if at is not None:
        chosen = [at]
    elif frames is not None and ":" in frames:
        chosen = parse_frames(frames, "--frames", len(stream))
    else:
        # One picture is the middle of the film.
        default = "1" if sc.kind_of(out) == "picture" else "7"
        chosen = sc.evenly_spaced_frames(
            stream,
            parse_count(default if frames is None else frames),
            span,
            declared.window(declared.parse_options(options), stream),
        )
    check_out(out, [blur, spikes], len(chosen), fps=fps, bits=bits)
    pictures = sc.deblur_frames(
        picture, stream, frames=chosen, exposure=span, method=method, **options
    )
    if exposure is None:
        print(f"exposure {span[0]}:{span[1]} of {len(stream)} frames")
    write_frames(out, pictures, chosen, fps=fps, bits=bits, label="Deblurring")
