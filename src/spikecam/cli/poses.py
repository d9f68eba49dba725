"""``spikecam poses``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.messages import report, say, say_aside
from spikecam.cli.method_options import (
    AUTO_HELP,
    MethodFlags,
    add_method_flags,
    make_method_parameter,
    method_with_options,
)
from spikecam.cli.options import (
    OUTPUT_GROUP,
    FramesOption,
    OverwriteOption,
    RecordingOptions,
    RecordingValue,
)
from spikecam.cli.progress import track_progress
from spikecam.errors import OptionError
from spikecam.io.pictures import is_picture
from spikecam.method import Takes, all_methods
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD
from spikecam.requests.poses import PosesRequest

METHODS = all_methods(Takes.SPIKES)


@add_method_flags(METHODS)
def poses(
    inputs: Annotated[list[RecordingValue], Parameter(name="SPIKES|PICTURES")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="POSES.json", group=OUTPUT_GROUP)],
    output: OverwriteOption = OverwriteOption(),
    frames: FramesOption = None,
    method: Annotated[str, make_method_parameter(METHODS, AUTO_HELP)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    fov: Annotated[float | None, Parameter(metavar="DEGREES")] = None,
    truth: Annotated[Path | None, Parameter(metavar="POSES")] = None,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Estimate the poses of a camera that moves around a still scene, by structure from motion.

    Of a recording, 120 pictures spread evenly are reconstructed; neighbours should be about 3
    degrees apart. Pictures do not show how large the scene is: the unit of length is arbitrary.

    Args:
        inputs: A recording; or pictures, in the order of time.
        out: The poses, a transforms.json of NeRF; times are frames of the recording.
        fov: Horizontal field of view; by default it is estimated.
        truth: True poses, with which the result is compared: with times for a recording, with the
            names of the pictures for these.
    """
    output.check_output_file(out, (".json",), "poses", inputs)
    pictures = [path for path in inputs if isinstance(path, Path) and is_picture(path)]
    are_pictures = len(pictures) == len(inputs)
    if not are_pictures and len(inputs) > 1:
        raise OptionError("give one recording, or pictures alone")
    request = PosesRequest(
        pictures if are_pictures else recording.recording_file(inputs[0]),
        method,
        options.option_values(method_with_options(method), METHODS),
        frames,
        fov,
        truth,
    )
    checked = request.check()
    if checked.choice:
        say_aside(checked.choice)
    say(f"{checked.count} pictures; matching them may take minutes")
    estimate = checked.estimate(track_progress(checked.make_pictures(), checked.count, "Pictures"))
    error = checked.error(estimate)
    checked.write(out, estimate)
    lines = [f"{out}: {estimate}"]
    if error is not None:
        lines.append(
            f"after the best alignment centres are off by {error.mean_centre:.2%} of the distance "
            f"(at most {error.max_centre:.2%}), angles by {error.mean_angle:.2f} degrees (at most "
            f"{error.max_angle:.2f})"
        )
    report(
        "\n".join(lines),
        {
            "poses": out,
            "pictures": estimate.pictures,
            "registered": estimate.indices,
            "focal_length": estimate.intrinsics.fx,
            "error": None if error is None else asdict(error),
        },
    )
