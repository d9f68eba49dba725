"""``spikecam reconstruct``."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.old_options import (
    AtOption,
    BitsOption,
    CameraOption,
    DeviceOption,
    FpnOption,
    FpsOption,
    GammaOption,
    MethodOption,
    OutOption,
    SizeOption,
    SpikesArgument,
    StretchOption,
    TileOption,
    TruncateOption,
    WindowOption,
    method_options,
    open_recording,
    parse_bounds,
    parse_frames,
    read_fpn,
    refuse_both,
)
from spikecam.cli.output import check_out, write_frames

# Below this mean a picture looks black on a screen.
_DARK = 0.08


def reconstruct(
    spikes: SpikesArgument,
    out: OutOption,
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
    method: MethodOption = "tfp",
    window: WindowOption = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="NAME|FILE", help="Of the network, for defocus."),
    ] = None,
    tile: TileOption = None,
    device: DeviceOption = None,
    fpn: FpnOption = None,
    at: AtOption = None,
    frames: Annotated[
        str | None, typer.Option("--frames", metavar="A:B[:STEP]", help="A range of frames.")
    ] = None,
    stretch: StretchOption = None,
    gamma: GammaOption = 1.0,
    fps: FpsOption = 30,
    bits: BitsOption = 8,
) -> None:
    """Reconstruct pictures from spikes alone.

    The middle frame by default, or every frame for a video.

    Gray levels are firing rates, 0 to 1; --stretch and --gamma change only how they are shown.
    """
    stream = open_recording(spikes, size, camera, truncate)
    network = {"weights": weights, "tile": tile, "device": device}
    options = method_options(method, window, **network) | {"fpn": read_fpn(fpn)}
    refuse_both(at, frames)
    if frames is not None:
        chosen = parse_frames(frames, "--frames", len(stream))
    elif at is None and sc.kind_of(out) == "video":
        chosen = sc.all_frames(stream, method, **options)
    else:
        at = len(stream) // 2 if at is None else at
        chosen = range(at, at + 1)
    percentiles = None if stretch is None else parse_bounds(stretch, "--stretch")
    check_out(out, [spikes], len(chosen), fps=fps, bits=bits)
    pictures = sc.reconstruct_frames(stream, method, frames=chosen, **options)
    if percentiles is not None:
        # A few frames stand for all: the mapping must be known before the first is written.
        sample = chosen[:: max(1, len(chosen) // 8)]
        shown = list(sc.reconstruct_frames(stream, method, frames=sample, **options))
        pictures = map(sc.DisplayMapping.fit(shown, *percentiles, gamma=gamma), pictures)
    elif gamma != 1:
        pictures = map(sc.DisplayMapping(gamma=gamma), pictures)
    first = next(pictures)
    write_frames(out, chain([first], pictures), chosen, fps=fps, bits=bits, label=method.upper())
    if stretch is None and gamma == 1 and 0 < first.mean() < _DARK:
        print(f"dark, {first.mean():.3f} on average: --stretch 1:99 shows more")
