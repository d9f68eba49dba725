"""``spikecam reconstruct``."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.method_options import (
    AUTO_HELP,
    MethodFlags,
    add_method_flags,
    make_method_parameter,
    method_label,
    method_with_options,
)
from spikecam.cli.options import (
    METHOD_GROUP,
    AtOption,
    FramesOption,
    OutOption,
    PictureOptions,
    RateDisplayOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pair_options import ColourOptions
from spikecam.cli.pictures import write_pictures
from spikecam.errors import OptionError
from spikecam.io.output import output_kind
from spikecam.io.remote_address import RecordingPath
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
    photo: ColourOptions = ColourOptions(),
    then: Annotated[str | None, Parameter(metavar="NAME|FILE", group=METHOD_GROUP)] = None,
    display: RateDisplayOptions = RateDisplayOptions(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Reconstruct pictures from spikes alone.

    The middle frame where the output is one picture; otherwise every frame.

    Gray levels are firing rates, 0 to 1; display options change only how they are shown.

    With --colour they are encoded as the photograph is, and of its size.

    Args:
        then: A second stage that deblurs each picture as it is shown: mimounet, nrknet or gkmnet,
            by weights of your own that are called so; or the name or file of others of one of
            them.
    """
    kind = output_kind(out)
    if photo.colour is not None:
        if then is not None:
            raise OptionError("--then sees gray pictures alone; leave out --colour")
        if display != RateDisplayOptions():
            raise OptionError(
                "the colours of a photograph are encoded as it is; leave out --stretch, "
                "--levels, --gamma and --colour-map"
            )
        file = recording.recording_file(spikes)
        values = options.option_values(method_with_options(method), METHODS)
        request = photo.request(file, method, values, (at, frames))
        if at is None and frames is None and kind != "picture":
            request = replace(request, frames="0:")
        prepared = request.check(kind)
        opened = output.open_output(out, [spikes, photo.colour], len(prepared.frames))
        write_pictures(prepared, opened, "Colour")
        return
    prepared = make_request(spikes, at, frames, method, options, then, display, recording).check(
        kind
    )
    opened = output.open_output(out, [spikes], len(prepared.frames))
    write_pictures(prepared, opened, method_label(method))


def make_request(
    spikes: RecordingPath,
    at: int | None,
    frames: str | None,
    method: str,
    options: MethodFlags,
    then: str | None,
    display: RateDisplayOptions,
    recording: RecordingOptions,
) -> ReconstructRequest:
    """Make the request of the command, of its parameters, for pictures without colours."""
    values = options.option_values(method_with_options(method), METHODS)
    file = recording.recording_file(spikes)
    return ReconstructRequest(
        file,
        method,
        values,
        at,
        frames,
        display.stretch,
        display.gamma,
        then,
        display.levels,
        display.colour_map,
    )
