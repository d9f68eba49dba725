"""``spikecam fly``.

A command of its own beside ``synth``: that makes data sets of photographs and videos, and its
options for them (sizes, seeds, exposures, rates) have other meanings and defaults than a flight's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.flags import ConfigFlags, add_config_flags
from spikecam.cli.messages import report, say
from spikecam.cli.options import OUTPUT_GROUP, FpnOption
from spikecam.cli.progress import make_progress_tracker
from spikecam.cli.render import CAMERA_GROUP, GRAY_LEVELS, parse_background
from spikecam.cli.values import Size, one_word_parameter
from spikecam.errors import OptionError
from spikecam.io.atomic import check_output_folder
from spikecam.requests.fly import DEFAULT_FRAMES, MADE, FlyRequest
from spikecam.views.flight_folder import MANIFEST, RECORDING, FlightOptions


def parse_elevation(text: str, flag: str) -> float | tuple[float, float]:
    """Parse the text DEGREES or FIRST:LAST to one number or two."""
    try:
        first, *last = map(float, text.split(":", 1))
    except ValueError:
        raise OptionError(
            f"{flag} {text}: expected degrees such as 25, or -10:60 for a spiral"
        ) from None
    return (first, last[0]) if last else first


@add_config_flags(FlightOptions)
def fly(
    scene: Annotated[
        str, Parameter(name="SCENE", help=f"Gaussians, in a .ply; or {MADE}, the made scene.")
    ],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="FOLDER", group=OUTPUT_GROUP)],
    path: Annotated[Path | None, Parameter(metavar="POSES", group=CAMERA_GROUP)] = None,
    orbit: Annotated[bool, Parameter(group=CAMERA_GROUP)] = False,
    frames: Annotated[int, Parameter(metavar="N", group=CAMERA_GROUP)] = DEFAULT_FRAMES,
    size: Annotated[Size | None, Parameter(group=CAMERA_GROUP)] = None,
    fov: Annotated[float | None, Parameter(metavar="DEGREES", group=CAMERA_GROUP)] = None,
    elevation: Annotated[
        float | tuple[float, float] | None,
        one_word_parameter(parse_elevation, "DEGREES|FIRST:LAST"),
        Parameter(group=CAMERA_GROUP, allow_leading_hyphen=True),
    ] = None,
    turns: Annotated[float | None, Parameter(metavar="N", group=CAMERA_GROUP)] = None,
    up: Annotated[
        Literal["x", "y", "z", "-x", "-y", "-z"] | None,
        Parameter(group=CAMERA_GROUP, allow_leading_hyphen=True),
    ] = None,
    background: Annotated[
        float, one_word_parameter(parse_background, "black|white|LEVEL")
    ] = GRAY_LEVELS["black"],
    settings: ConfigFlags = ConfigFlags(),
    fpn: FpnOption = None,
) -> None:
    """Simulate a spike camera that flies through a scene, and one that takes photographs.

    The folder holds the recording, the poses of the camera, blurry photographs, and clear views.

    Args:
        out: A folder that is new or empty.
        path: Follow these poses from the first time to the last: a transforms.json of NeRF with
            times, or a table of time x y z qw qx qy qz.
        orbit: Fly around the scene.
        frames: Frames of spikes.
        size: Size of the spikes; by default that of the poses, or else 400x250.
        fov: Horizontal field of view, where the poses have none; 40 for an orbit by default.
        elevation: Height of the orbit above the horizon, or that of its start and of its end; 25 by
            default.
        turns: Turns of the orbit, negative clockwise; 1 by default.
        up: Axis of the scene that is up in the orbit; z by default.
        background: What is behind the Gaussians; black by default.
    """
    if scene == MADE and orbit:
        raise OptionError(f"the scene {MADE} has a flight of its own; leave out --orbit")
    if scene != MADE and (path is not None) == orbit:
        raise OptionError("give the way of the camera: either --path POSES or --orbit")
    pattern = None if fpn is None else sc.FixedPattern.load(fpn)
    check_output_folder(out)
    checked = FlyRequest(
        scene,
        path,
        frames,
        size,
        fov,
        elevation,
        turns,
        up,
        background,
        settings.apply(FlightOptions()),
        pattern,
    ).check()
    for fact in checked.facts:
        say(fact)
    checked.write(out, progress=make_progress_tracker("Simulating"))
    spikes = sc.open(out / RECORDING)
    mean_rate = float(spikes.count().mean() / len(spikes))
    photographs, tests = checked.options.photographs, len(checked.test_cameras)
    report(
        f"{out}: {len(spikes)} frames of {spikes.width}x{spikes.height}, {mean_rate:.3f} spikes a "
        f"pixel and frame; {photographs} photographs, {tests} test views",
        {
            "folder": out,
            "recording": out / RECORDING,
            "manifest": out / MANIFEST,
            "frames": len(spikes),
            "height": spikes.height,
            "width": spikes.width,
            "mean_rate": mean_rate,
            "photographs": photographs,
            "test_views": tests,
            "notes": checked.facts,
        },
    )
