"""``spikecam reconstruct``."""

from __future__ import annotations

from typing import Annotated

from spikecam.cli.method_options import (
    AUTO_HELP,
    MethodFlags,
    add_method_flags,
    make_method_parameter,
    method_label,
    method_with_options,
)
from spikecam.cli.options import (
    AtOption,
    DisplayOptions,
    FramesOption,
    OutOption,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pictures import write_pictures
from spikecam.io.output import output_kind
from spikecam.method import Takes, all_methods
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD
from spikecam.requests.reconstruct import ReconstructRequest

METHODS = all_methods(Takes.SPIKES)


@add_method_flags(METHODS)
def reconstruct(
    spikes: SpikesArgument,
    /,
    *,
    out: OutOption,
    output: PictureOptions = PictureOptions(),
    at: AtOption = None,
    frames: FramesOption = None,
    method: Annotated[str, make_method_parameter(METHODS, AUTO_HELP)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    display: DisplayOptions = DisplayOptions(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Reconstruct pictures from spikes alone.

    The middle frame where the output is one picture; otherwise every frame.

    Gray levels are firing rates, 0 to 1; --stretch and --gamma change only how they are shown.
    """
    request = ReconstructRequest(
        recording.recording_file(spikes),
        method,
        options.option_values(method_with_options(method), METHODS),
        at,
        frames,
        display.stretch,
        display.gamma,
    )
    prepared = request.check(output_kind(out))
    write_pictures(
        prepared, output.open_output(out, [spikes], len(prepared.frames)), method_label(method)
    )
