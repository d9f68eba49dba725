"""``spikecam deblur``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.method_options import MethodFlags, method_parameter, take_method_options
from spikecam.cli.options import (
    FRAMES_GROUP,
    AtOption,
    ExposureOption,
    FramesOption,
    OutOption,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pictures import write_pictures
from spikecam.deblurring.deblur import DEFAULT_METHOD
from spikecam.method import Takes, all_methods, find_method
from spikecam.requests.deblur import DeblurRequest

METHODS = all_methods(Takes.SPIKES_AND_PICTURE)


@take_method_options(METHODS)
def deblur(
    blur: Annotated[Path, Parameter(name="BLUR", help="The blurry picture.")],
    spikes: SpikesArgument,
    /,
    *,
    out: OutOption,
    output: PictureOptions = PictureOptions(),
    exposure: ExposureOption = None,
    at: AtOption = None,
    frames: FramesOption = None,
    align: Annotated[Path | None, Parameter(metavar="ALIGN", group=FRAMES_GROUP)] = None,
    method: Annotated[str, method_parameter(METHODS)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Bring back the sharp film inside a blurry picture.

    The middle of the exposure where the output is one picture, every frame of it for a video, and
    7 frames for a folder or an archive.

    The exposure is what the recording says; else what ALIGN was found to have, by --length; else
    the whole recording.

    With --align the film is what the spike camera sees, on a grid a whole number of times as fine.

    Args:
        align: Where the picture's camera looks, from spikecam calibrate align.
    """
    inputs = [blur, spikes] if align is None else [blur, spikes, align]
    request = DeblurRequest(
        blur,
        recording.file(spikes),
        method,
        options.values(find_method(method, Takes.SPIKES_AND_PICTURE), METHODS),
        at,
        frames,
        exposure,
        align,
    )
    place = output.open(out, inputs)
    prepared = request.check(place.kind)
    write_pictures(prepared, output.open(out, inputs, len(prepared.frames)), "Deblurring")
