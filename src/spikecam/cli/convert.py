"""``spikecam convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.interrupt import NO_HALF_OUTPUT, notifying_of_interruption
from spikecam.cli.messages import report
from spikecam.cli.options import (
    OUTPUT_GROUP,
    OverwriteOption,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.progress import make_progress_tracker
from spikecam.frames import parse_span
from spikecam.io.recording_format import find_format_or_none, suffixes_as_text

_CONTINUATION = "repeat the command to go on"

RecordingOutOption = Annotated[
    Path,
    Parameter(
        alias="-o",
        metavar="OUT",
        group=OUTPUT_GROUP,
        help=f"The new recording: {suffixes_as_text()}.",
    ),
]


def convert(
    spikes: SpikesArgument,
    /,
    *,
    out: RecordingOutOption,
    output: OverwriteOption = OverwriteOption(),
    recording: RecordingOptions = RecordingOptions(),
    frames: Annotated[str | None, Parameter(metavar="A:B")] = None,
    layout: Annotated[str | None, Parameter(metavar="NAME")] = None,
) -> None:
    """Convert a recording to another format, losslessly.

    To .zarr a conversion that was interrupted goes on when its command is repeated.

    Args:
        frames: Only these frames.
        layout: Layout of an .npz file: packed, uhsr or rsir.
    """
    stream = recording.open_recording(spikes)
    if frames is not None:
        start, stop = parse_span(frames, len(stream), "--frames")
        stream = stream[start:stop]
    sc.check_recording_output(out, overwrite=output.overwrite, inputs=[spikes])
    form = find_format_or_none(out)
    notices = [_CONTINUATION] if form is not None and form.is_folder else [NO_HALF_OUTPUT]
    with notifying_of_interruption(*notices):
        sc.write_recording(
            out,
            stream,
            layout=layout,
            overwrite=output.overwrite,
            progress=make_progress_tracker("Converting"),
        )
    report(
        f"{out}: {len(stream)} frames of {stream.width}x{stream.height}",
        {"file": out, "frames": len(stream), "height": stream.height, "width": stream.width},
    )
