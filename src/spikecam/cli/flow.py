"""``spikecam flow``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.options import (
    FRAMES_GROUP,
    OUTPUT_GROUP,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pictures import write_pictures
from spikecam.io.flow_file import FLOW_SUFFIX
from spikecam.io.output import output_kind
from spikecam.io.remote_address import RecordingPath
from spikecam.method import Takes, all_methods, find_method
from spikecam.optical_flow.flow import DEFAULT_METHOD

METHODS = all_methods(Takes.SPIKES_AT_TWO_FRAMES)


@add_method_flags(METHODS)
def flow(
    spikes: SpikesArgument,
    /,
    *,
    at: Annotated[int, Parameter(metavar="N", group=FRAMES_GROUP)],
    to: Annotated[int, Parameter(metavar="N", group=FRAMES_GROUP)],
    out: Annotated[str, Parameter(alias="-o", metavar="OUT", group=OUTPUT_GROUP)],
    output: PictureOptions = PictureOptions(),
    arrow_frames: Annotated[int, Parameter(metavar="N", group=OUTPUT_GROUP)] = 10,
    method: Annotated[str, make_method_parameter(METHODS)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Estimate how light moves from one frame to another.

    A .flo file holds the flow itself, (x, y) in pixels for each pixel of the frame --at. A picture
    shows it by colours: hue is the direction, red to the right, yellow down, and what stands still
    is white. A video, a folder or an archive is a film of the frames from --at on, with arrows.

    Args:
        at: The frame whose pixels the flow is of, from 0.
        to: The frame that it leads to, before or after.
        out: A flow field (.flo), a picture (.png, .jpg, .tiff), a video (.mp4, .gif), an archive of
            PNG files (.zip), or a folder of PNG files.
        arrow_frames: Frames that the arrows of a film span; the last ones end at --to.
    """
    values = options.option_values(find_method(method, Takes.SPIKES_AT_TWO_FRAMES), METHODS)
    request = sc.FlowRequest(recording.recording_file(spikes), at, to, method, values, arrow_frames)
    if Path(out).suffix.lower() == FLOW_SUFFIX:
        _write_field(request, Path(out), output, spikes)
        return
    prepared = request.check(output_kind(out))
    opened = output.open_output(out, [spikes], len(prepared.frames))
    write_pictures(prepared, opened, method.upper())


def _write_field(
    request: sc.FlowRequest, path: Path, output: PictureOptions, spikes: RecordingPath
) -> None:
    """Write the flow itself, and report what was written."""
    if output.fps is not None or output.bits is not None:
        raise sc.OptionError(
            f"--fps and --bits are of pictures, and {path} is a flow field; leave them out"
        )
    output.check_output_file(path, (FLOW_SUFFIX,), "flow fields", [spikes])
    ((_, field),) = request.check_flow().run()
    sc.write_flow(path, field)
    mean = float((field**2).sum(axis=2).mean(dtype=float) ** 0.5)
    report(
        f"{path}: from frame {request.at} to {request.to}, {mean:.2f} pixels (root mean square)",
        {"file": path, "at": request.at, "to": request.to, "rms_pixels": mean},
    )
