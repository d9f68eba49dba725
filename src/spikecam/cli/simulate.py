"""``spikecam simulate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.options import (
    FpnOption,
    LinearOption,
    PresetOption,
    parse_size,
    parse_span,
    read_fpn,
)
from spikecam.cli.output import refuse_input
from spikecam.cli.progress import track

if TYPE_CHECKING:
    import numpy.typing as npt


def simulate(
    scene: Annotated[
        Path,
        typer.Argument(
            metavar="SCENE",
            help="A video, a folder of its frames, or a photograph.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help=".dat, .npz or .h5.", show_default=False),
    ],
    blur: Annotated[
        Path | None,
        typer.Option(
            "--blur",
            metavar="PICTURE",
            help="Write the blurry picture of one exposure here as well.",
        ),
    ] = None,
    exposure: Annotated[
        str | None,
        typer.Option(
            "--exposure",
            metavar="A:B",
            help="Frames of spikes that it is the mean of; 20:117, or all of fewer than 137.",
        ),
    ] = None,
    preset: PresetOption = "s-sdm",
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="V_TH",
            help="Charge at which a pixel fires; white brings about 1 a frame.",
        ),
    ] = None,
    fpn: FpnOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Spikes as fine as the scene, not a quarter as fine.")
    ] = False,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WIDTHxHEIGHT", help="Frames made of a photograph."),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option("--frames", metavar="A:B", help="Only these frames of a video."),
    ] = None,
    interpolate: Annotated[
        int | None,
        typer.Option("--interpolate", metavar="N", help="Frames made of each of a video's; 8."),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option("--speed", metavar="PIXELS", help="A photograph's way in the exposure; 30."),
    ] = None,
    linear: LinearOption = False,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", metavar="HZ", help="Frames of spikes per second, for the recording to say."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of phase, noise and motion.")] = 0,
) -> None:
    """Simulate a spike camera that films a scene, and the blurry picture of the same moment.

    Every frame of a video becomes --interpolate frames of spikes, in about a second at 1280x720.

    Over a photograph the camera moves for 137 frames.
    """
    # Loads numpy, which --help does without.
    from spikecam.scenes.motion import SCENE_EXPOSURE, SCENE_FRAMES

    sc.check_recording(out)
    refuse_input(out, [scene])
    if blur is not None:
        refuse_input(blur, [scene, out])
        sc.check_save(blur)
        if sc.kind_of(blur) != "picture":
            raise sc.OutputError(f"{blur} does not end like a picture; name a .png, .jpg or .tiff")
    pattern = read_fpn(fpn)
    shape = None
    if size is not None:
        width, height = parse_size(size, "--size")
        shape = (height, width)
    chosen = None
    if frames is not None:
        chosen = parse_span(frames, "--frames", sys.maxsize)
    film, total = sc.scene_frames(
        scene, size=shape, speed=speed, seed=seed, interpolate=interpolate, frames=chosen
    )
    if exposure is not None:
        span = parse_span(exposure, "--exposure", total)
    else:
        span = SCENE_EXPOSURE if total >= SCENE_FRAMES else (0, total)
    picture = sc.FrameAverage(linear=linear)

    def seen() -> Iterator[npt.NDArray[Any]]:
        for number, frame in enumerate(track(film, total, "Simulating")):
            if not full:
                # A quarter takes multiples of 4.
                height, width = (side // 4 * 4 for side in frame.shape[:2])
                frame = frame[:height, :width]
            if span[0] <= number < span[1]:
                picture.add(frame)
            yield frame if full else sc.quarter_gray(frame)

    spikes = sc.simulate(
        seen(), preset, threshold=threshold, seed=seed, fpn=pattern, rate=rate, exposure=span
    )
    sc.save(out, spikes)
    if blur is not None:
        sc.write_picture(blur, picture.picture())
        print(f"{blur}: frames {span[0]} to {span[1] - 1}")
    fired = spikes.count().mean() / len(spikes)
    print(
        f"{out}: {len(spikes)} frames of {spikes.width}x{spikes.height}, "
        f"{fired:.3f} spikes a pixel and frame"
    )
