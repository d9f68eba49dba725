"""``spikecam simulate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.options import FpnOption, InterpolateOption, LinearOption, parse_span, read_fpn
from spikecam.cli.output import refuse_input
from spikecam.cli.progress import track

if TYPE_CHECKING:
    import numpy as np
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
        typer.Option("--blur", metavar="PICTURE", help="Write the blurry picture here as well."),
    ] = None,
    exposure: Annotated[
        str | None,
        typer.Option("--exposure", metavar="A:B", help="Its frames of spikes; 20:117."),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="The sensor: ideal, s-sdm, gen2 or spikegen.")
    ] = "s-sdm",
    threshold: Annotated[
        float | None, typer.Option("--threshold", metavar="V_TH", help="Its threshold; 1.")
    ] = None,
    fpn: FpnOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Spikes as fine as the scene, not a quarter as fine.")
    ] = False,
    interpolate: InterpolateOption = 8,
    speed: Annotated[
        float,
        typer.Option("--speed", metavar="PIXELS", help="A photograph's motion in the exposure."),
    ] = 30,
    linear: LinearOption = False,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="HZ", help="Frames per second to note.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of phase, noise and motion.")] = 0,
) -> None:
    """Simulate a spike camera that films a scene, and the blurry picture of the same moment.

    A video is interpolated to more frames; over a photograph the camera moves for 137 frames.
    """
    outputs = [path for path in (out, blur) if path is not None]
    for path in outputs:
        refuse_input(path, [scene])
    film, total = _film(scene, interpolate, speed, seed)
    if exposure is not None:
        span = parse_span(exposure, "--exposure", total)
    else:
        span = (20, 117) if total >= 137 else (0, total)
    picture = sc.Exposure(linear=linear)

    def seen() -> Iterator[npt.NDArray[Any]]:
        for number, frame in enumerate(track(film, total, "Simulating")):
            if span[0] <= number < span[1]:
                picture.add(frame)
            yield frame if full else sc.quarter_gray(frame)

    pattern = read_fpn(fpn)
    spikes = sc.simulate(
        seen(), preset, threshold=threshold, seed=seed, fpn=pattern, rate=rate, exposure=span
    )
    if len(spikes) != total:
        raise sc.FileError(
            f"{scene} ends early: {len(spikes)} of {total} frames could be made; convert it anew"
        )
    if blur is not None:
        sc.write_picture(blur, picture.picture())
        print(f"{blur}: frames {span[0]} to {span[1] - 1}")
    sc.save(out, spikes)
    fired = spikes.count().mean() / len(spikes)
    print(
        f"{out}: {len(spikes)} frames of {spikes.width}x{spikes.height}, "
        f"{fired:.3f} spikes a pixel and frame"
    )


def _film(
    scene: Path, interpolate: int, speed: float, seed: int
) -> tuple[Iterator[npt.NDArray[np.uint8]], int]:
    """Frames of a scene, and how many there are."""
    if scene.is_file() and sc.is_picture(scene):
        photo = sc.read_picture(scene)
        # Room to move is taken from the photograph, and what is left is no larger than video.
        height, width = photo.shape[:2]
        scale = min(0.8, 1280 / width, 720 / height)
        size = int(height * scale) // 32 * 32, int(width * scale) // 32 * 32
        return sc.moving_scene(photo, size=size, speed=speed, seed=seed), 137
    frames = (
        frame[: frame.shape[0] // 4 * 4, : frame.shape[1] // 4 * 4]
        for frame in sc.video_frames(scene)
    )
    total = (sc.count_frames(scene) - 1) * interpolate + 1
    return sc.interpolated(frames, interpolate), total
