"""``spikecam splat``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.flags import ConfigFlags, add_config_flags
from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report, say
from spikecam.cli.options import (
    FRAMES_GROUP,
    OUTPUT_GROUP,
    FpnOption,
    OverwriteOption,
    RecordingOptions,
    RecordingValue,
)
from spikecam.cli.progress import track_progress
from spikecam.errors import OptionError
from spikecam.requests.splat import (
    SplatRequest,
    check_scene_output,
    preview_path,
    refined_poses_path,
    state_path,
)
from spikecam.requests.splat_options import SplatOptions

# Steps at the end over which the loss that is reported is averaged.
_MEAN_STEPS = 200


@add_config_flags(SplatOptions)
def splat(
    recordings: Annotated[list[RecordingValue], Parameter(name="RECORDINGS")],
    /,
    *,
    poses: Annotated[Path | None, Parameter(metavar="POSES")] = None,
    out: Annotated[Path, Parameter(alias="-o", metavar="SCENE.ply", group=OUTPUT_GROUP)],
    output: OverwriteOption = OverwriteOption(),
    photographs: Annotated[Path | None, Parameter(metavar="POSES")] = None,
    frames: Annotated[str | None, Parameter(metavar="A:B", group=FRAMES_GROUP)] = None,
    fov: Annotated[float | None, Parameter(metavar="DEGREES")] = None,
    settings: ConfigFlags = ConfigFlags(),
    fpn: FpnOption = None,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Fit a scene of Gaussians to the recording of a camera that moves, for views from anywhere.

    The scene is written every half a minute, and a picture beside it, SCENE.ply.preview.png: what
    was measured on the left, the scene on the right. A fit that was stopped goes on when its
    command is repeated; with --overwrite it begins again. --no-overwrite goes on with a fit that
    was stopped, and refuses a scene that is done. With --refine-poses the corrected poses are in
    SCENE.ply.poses.json.

    Args:
        recordings: A recording of a camera that flies; or one for each pose of a camera that stands
            still; or a transforms.json alone, whose pictures the scene is fitted to.
        poses: Where the camera was: a transforms.json of NeRF, a model of COLMAP, or a table of
            time x y z qw qx qy qz; times in frames of the recording.
        out: The scene, a .ply of 3D Gaussian Splatting.
        photographs: A transforms.json of blurry photographs of the same flight, with the times of
            their middles; they give the colours.
        frames: Frames of the recording that are used, where the poses are of a part of it.
        fov: Horizontal field of view, where the poses have none.
    """
    files = (*recordings, poses, photographs)
    inputs = [path for path in files if isinstance(path, Path)]
    check_scene_output(out, overwrite=output.overwrite, inputs=inputs)
    is_pictures = len(recordings) == 1 and recordings[0].suffix == ".json" and poses is None
    if poses is None and not is_pictures:
        raise OptionError("give the poses of the camera by --poses")
    request = SplatRequest(
        [] if is_pictures else [recording.recording_file(path) for path in recordings],
        Path(str(recordings[0])) if poses is None else poses,
        photographs,
        frames,
        fov,
        settings.apply(SplatOptions()),
        None if fpn is None else sc.FixedPattern.load(fpn),
    )
    checked = request.check()
    for fact in checked.facts:
        say(fact)
    fit = checked.fit
    if output.overwrite is not True and checked.resume(out):
        say(f"goes on after step {fit.step_number}, from {state_path(out)}")
    steps, losses = fit.options.steps, []
    rest = steps - fit.step_number
    with (
        notifying_of_interruption("repeat the command to go on; the scene so far can be used"),
        closing(checked.run(out, overwrite=output.overwrite)) as progress,
    ):
        for state in track_progress(progress, rest, "Fitting"):
            losses.append(state.loss)
    last = losses[-_MEAN_STEPS:]
    refined = refined_poses_path(out) if fit.corrections is not None else None
    report(
        f"{out}: {len(fit.gaussians):,} Gaussians after {steps} steps"
        + ("" if refined is None else f"; refined poses in {refined}"),
        {
            "scene": out,
            "preview": preview_path(out),
            "poses": refined,
            "gaussians": len(fit.gaussians),
            "steps": steps,
            "loss": sum(last) / len(last) if last else None,
            "notes": checked.facts,
        },
    )
