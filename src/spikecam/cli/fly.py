"""``spikecam fly``.

A command of its own beside ``synth``: that makes data sets of photographs and videos, and its
options for them (sizes, seeds, exposures, rates) have other meanings and defaults than a flight's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.camera_options import (
    CAMERA_GROUP,
    GRAY_LEVELS,
    BackgroundOption,
    FovOption,
    UpOption,
    check_path_or_orbit,
)
from spikecam.cli.flags import ConfigFlags, add_config_flags
from spikecam.cli.messages import report, say
from spikecam.cli.options import OUTPUT_GROUP, FpnOption, OverwriteOption
from spikecam.cli.progress import make_progress_tracker
from spikecam.cli.values import Size, one_word_parameter
from spikecam.errors import OptionError
from spikecam.io.atomic import check_output_folder
from spikecam.requests.fly import DEFAULT_FRAMES, STREET, FlyRequest
from spikecam.views.fitting import FitOptions
from spikecam.views.flight_folder import MANIFEST, RECORDING, FlightOptions, replaceable_files


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
        str,
        Parameter(
            name="SCENE",
            help="Gaussians, in a .ply; a folder of posed pictures with a transforms_train.json, "
            f"as of NeRF's synthetic scenes; or {STREET}, a street corner that spikecam draws.",
        ),
    ],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="FOLDER", group=OUTPUT_GROUP)],
    output: OverwriteOption = OverwriteOption(),
    path: Annotated[Path | None, Parameter(metavar="POSES", group=CAMERA_GROUP)] = None,
    orbit: Annotated[bool, Parameter(group=CAMERA_GROUP)] = False,
    frames: Annotated[int, Parameter(metavar="N", group=CAMERA_GROUP)] = DEFAULT_FRAMES,
    size: Annotated[Size | None, Parameter(group=CAMERA_GROUP)] = None,
    fov: FovOption = None,
    elevation: Annotated[
        float | tuple[float, float] | None,
        one_word_parameter(parse_elevation, "DEGREES|FIRST:LAST"),
        Parameter(group=CAMERA_GROUP, allow_leading_hyphen=True),
    ] = None,
    turns: Annotated[float | None, Parameter(metavar="N", group=CAMERA_GROUP)] = None,
    up: UpOption = None,
    background: BackgroundOption = GRAY_LEVELS["black"],
    steps: Annotated[int | None, Parameter(metavar="N")] = None,
    gaussians: Annotated[int | None, Parameter(metavar="N")] = None,
    settings: ConfigFlags = ConfigFlags(),
    fpn: FpnOption = None,
) -> None:
    """Simulate a spike camera that flies through a scene, and one that takes photographs.

    The folder holds the recording, the poses of the camera, blurry photographs, clear views, and
    clear views from beside the path to judge by; of a folder of posed pictures, to which a scene is
    fitted first, those of its transforms_test.json.

    Args:
        out: A folder that is new or empty; with --overwrite also one that holds nothing but a
            flight, which is replaced.
        path: Follow these poses from the first time to the last: a transforms.json of NeRF with
            times, or a table of time x y z qw qx qy qz.
        orbit: Fly around the scene.
        frames: Frames of spikes.
        size: Size of the spikes; by default that of the poses or of the pictures, or else 400x250.
        fov: Horizontal field of view, where the poses have none; 40 for an orbit by default.
        elevation: Height of the orbit above the horizon, or that of its start and of its end; 25 by
            default.
        turns: Turns of the orbit, negative clockwise; 1 by default.
        up: Axis of the scene that is up in the orbit; z by default.
        background: What is behind the Gaussians; black by default.
        steps: Steps of the fit to posed pictures; by default those of spikecam splat.
        gaussians: Most Gaussians of that fit; by default those of spikecam splat.
    """
    if scene == STREET and orbit:
        raise OptionError(f"the scene {STREET} has a flight of its own; leave out --orbit")
    if scene != STREET:
        check_path_or_orbit(path, orbit)
    pattern = None if fpn is None else sc.FixedPattern.load(fpn)
    check_output_folder(out, is_replaceable=replaceable_files(output.overwrite))
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
        _fit_options(steps, gaussians),
    ).check()
    for fact in checked.facts:
        say(fact)
    checked.fit_scene(progress=make_progress_tracker("Fitting"))
    checked.write(out, progress=make_progress_tracker("Simulating"), overwrite=output.overwrite)
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


def _fit_options(steps: int | None, gaussians: int | None) -> FitOptions | None:
    if steps is None and gaussians is None:
        return None
    defaults = FitOptions()
    return FitOptions(
        steps=defaults.steps if steps is None else steps,
        gaussians=defaults.gaussians if gaussians is None else gaussians,
    )
