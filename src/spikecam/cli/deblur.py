"""``spikecam deblur``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.options import (
    FRAMES_GROUP,
    OUTPUT_GROUP,
    AtOption,
    ExposureOption,
    FramesOption,
    MirrorOption,
    OutOption,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pair_options import PairOptions
from spikecam.cli.pictures import write_pictures
from spikecam.deblurring.deblur import DEFAULT_METHOD
from spikecam.io.output import output_kind
from spikecam.method import Takes, all_methods, find_method
from spikecam.requests.deblur import DeblurRequest

METHODS = all_methods(Takes.SPIKES_AND_PICTURE)


@add_method_flags(METHODS)
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
    method: Annotated[str, make_method_parameter(METHODS)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    mirror: MirrorOption = False,
    pair: PairOptions = PairOptions(),
    hdr: Annotated[bool, Parameter(group=OUTPUT_GROUP)] = False,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Deblur a picture with the spikes of the same moment.

    The middle of the exposure where the output is one picture, every frame of it for a video, and
    7 frames for a folder or an archive.

    The exposure is what the recording says; else what ALIGN was found to have, by --length; else
    they are estimated from the pair.

    With --align the pictures show what the spike camera sees, a whole number of times as fine.

    Args:
        hdr: Write linear light with what is brighter than the photograph's white: .exr, a folder
            of them, or .tiff with 16 bits, whose highest level is 4 x white.
        align: Where the picture's camera looks, from spikecam calibrate align.
    """
    inputs = [blur, spikes] if align is None else [blur, spikes, align]
    request = DeblurRequest(
        blur,
        recording.recording_file(spikes),
        method,
        options.option_values(find_method(method, Takes.SPIKES_AND_PICTURE), METHODS),
        at,
        frames,
        exposure,
        align,
        mirror=mirror,
        encoding=pair.encoding,
        readout=pair.readout_frames(),
        check_match=pair.check_match,
        hdr=hdr,
    )
    kind = output_kind(out, hdr=hdr)
    if hdr:
        # Before the pair is measured: what linear light is not written with.
        output.open_output(out, inputs, hdr=True)
    prepared = request.check(kind)
    opened = output.open_output(out, inputs, len(prepared.frames), hdr=hdr)
    write_pictures(prepared, opened, "Deblurring")
