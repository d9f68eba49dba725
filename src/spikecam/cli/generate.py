"""``spikecam generate``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.messages import report, say
from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.options import (
    OUTPUT_GROUP,
    AtOption,
    DisplayOptions,
    ExposureOption,
    FramesOption,
    MirrorOption,
    OutOption,
    PictureOptions,
    RecordingOptions,
    RecordingValue,
)
from spikecam.cli.pair_options import PairOptions
from spikecam.cli.pictures import describe_frames
from spikecam.cli.progress import showing_step_progress
from spikecam.encoding import AUTO
from spikecam.generation.generate import DEFAULT_METHOD
from spikecam.generation.generated import spread_shown_as_white
from spikecam.generation.progress import listening_to_steps
from spikecam.io.exr import is_exr
from spikecam.io.remote_address import RecordingPath
from spikecam.method import Takes, all_methods, find_method
from spikecam.requests.generate import GenerateRequest
from spikecam.resources import check_memory

if TYPE_CHECKING:
    from spikecam.picture import Picture

# Below this mean a picture looks black on a screen.
DARK_MEAN = 0.08
BYTES_PER_VALUE = 4
METHODS = all_methods(Takes.SPIKES_OR_PICTURE)


@add_method_flags(METHODS)
def generate(
    inputs: Annotated[list[RecordingValue], Parameter(name="[BLUR] [SPIKES]")],
    /,
    *,
    out: OutOption,
    spread: Annotated[str | None, Parameter(metavar="OUT", group=OUTPUT_GROUP)] = None,
    each: Annotated[str | None, Parameter(metavar="FOLDER", group=OUTPUT_GROUP)] = None,
    output: PictureOptions = PictureOptions(),
    exposure: ExposureOption = None,
    at: AtOption = None,
    frames: FramesOption = None,
    method: Annotated[str, make_method_parameter(METHODS)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    pair: PairOptions = PairOptions(),
    display: DisplayOptions = DisplayOptions(),
    mirror: MirrorOption = False,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Generate samples of the sharp picture from spikes, a blurry picture, or both; their mean.

    Of a picture and spikes it is one moment or a video; of spikes alone firing rates, in gray.

    Args:
        inputs: The blurry picture, the recording, or both.
        spread: Write how far the samples differ, pixel by pixel.
        each: Write every sample of the one frame into this folder.
    """
    blur, spikes = split_picture_and_recording(inputs)
    values = options.option_values(find_method(method, Takes.SPIKES_OR_PICTURE), METHODS)
    if spikes is None:
        refuse_recording_options(recording, values)
    if spikes is None or blur is None:
        refuse_pair_options(pair, "a picture" if spikes is None else "a recording")
    source = None if spikes is None else recording.recording_file(spikes)
    request = GenerateRequest(
        blur,
        source,
        method,
        values,
        at,
        frames,
        exposure,
        mirror=mirror,
        encoding=pair.encoding,
        readout=pair.readout_frames(),
        check_match=pair.check_match,
    )
    prepared = request.check()
    samples = _checked_sample_count(request, spread, each, len(prepared.frames))
    paths = [path for path in (out, spread, each) if path is not None]
    if len({Path(path).absolute() for path in paths}) < len(paths):
        raise sc.OutputError(f"{out} is named for several outputs; give each a name of its own")
    count = len(prepared.frames)
    means_output = output.open_output(out, inputs, count)
    spread_output = None if spread is None else output.open_output(spread, inputs, count)
    samples_output = None if each is None else output.open_output(each, inputs, samples)
    if samples_output is not None and samples_output.kind not in ("folder", "archive"):
        raise sc.OutputError(f"{each} is no name of a folder, which --each takes")
    for fact in prepared.facts:
        say(fact)

    spreads: list[Picture] = []
    means: list[float] = []

    def mean_pictures() -> Iterator[Picture]:
        mapping = sc.DisplayMapping(gamma=display.gamma)
        for _, generated in prepared.run():
            if spread_output is not None:
                spreads.append(generated.spread)
            if samples_output is not None:
                samples_output.write(generated.samples)
            if not means and display.stretch is not None:
                mapping = sc.DisplayMapping.fit(generated.mean, *display.stretch, display.gamma)
            means.append(float(generated.mean.mean()))
            yield mapping(generated.mean) if display.changes_levels else generated.mean

    with showing_step_progress("Generating", count) as advance, listening_to_steps(advance):
        means_output.write(mean_pictures(), prepared.frames)
    lines = [f"{out}: {describe_frames(prepared.frames)}"]
    facts = {"file": out, "kind": means_output.kind, "frames": prepared.frames, "samples": samples}
    if each is not None:
        lines.append(f"{each}: {samples} samples")
        facts["each"] = each
    if spread_output is not None:
        white, mean = write_normalised_spreads(spread_output, spreads, prepared.frames)
        lines.append(
            f"{spread}: standard deviation of the samples, {mean:.4f} on average; "
            f"white is {white:.4f}"
        )
        facts |= {"spread": spread, "spread_mean": mean, "spread_white": white}
    if blur is None and not display.changes_levels and 0 < means[0] < DARK_MEAN:
        lines.append(f"dark, {means[0]:.3f} on average: a stretch of 1:99 shows more")
    report("\n".join(lines), facts)


def split_picture_and_recording(
    inputs: Sequence[RecordingPath],
) -> tuple[Path | None, RecordingPath | None]:
    """Tell the picture from the recording among input files; either may be missing.

    Raises:
        OptionError: two of a kind.
    """
    pictures = [
        path for path in inputs if isinstance(path, Path) and (sc.is_picture(path) or is_exr(path))
    ]
    others = [path for path in inputs if path not in pictures]
    kinds: tuple[tuple[Sequence[RecordingPath], str], ...] = (
        (pictures, "are both pictures"),
        (others, "are no pictures, neither of them"),
    )
    for paths, what in kinds:
        if len(paths) > 1:
            names = " and ".join(map(str, paths))
            raise sc.OptionError(f"{names} {what}; give one picture, one recording, or both")
    return next(iter(pictures), None), next(iter(others), None)


def refuse_recording_options(
    recording: RecordingOptions, method_options: Mapping[str, Any]
) -> None:
    """Refuse options of a recording where there is a picture alone."""
    recording_values = {**vars(recording), "fpn": method_options.get("fpn")}
    for name, value in recording_values.items():
        if value:
            raise sc.OptionError(
                f"--{name} is of spikes, and there is a picture alone; leave it out"
            )


def refuse_pair_options(pair: PairOptions, single_input: str) -> None:
    """Refuse options of a picture beside spikes where one of both is missing."""
    flags = {
        "--encoding": pair.encoding != AUTO,
        "--readout": pair.readout_frames() != 0,
        "--no-check-match": not pair.check_match,
    }
    for flag, is_typed in flags.items():
        if is_typed:
            raise sc.OptionError(
                f"{flag} is of a picture beside spikes, and there is {single_input} alone; "
                "leave it out"
            )


def write_normalised_spreads(
    output: sc.Output, spreads: Sequence[Picture], frames: Sequence[int]
) -> tuple[float, float]:
    """Write spreads as pictures, divided by the spread that is shown as white.

    Returns that spread, and the mean of all.
    """
    white = spread_shown_as_white(spreads)
    output.write((np.minimum(one / one.dtype.type(white), 1) for one in spreads), frames)
    return white, sum(float(one.mean()) for one in spreads) / len(spreads)


def _checked_sample_count(
    request: GenerateRequest, spread_path: str | None, samples_path: str | None, frame_count: int
) -> int:
    """Check the number of samples, and return it.

    They must suit the outputs and fit into memory.
    """
    method = find_method(request.method, Takes.SPIKES_OR_PICTURE)
    samples: int = getattr(method.parse_options(request.options), "sample_count", 1)
    if spread_path is not None and samples == 1:
        raise sc.OptionError(
            "--spread tells how far samples differ, and there is one; choose 2 samples or more, of "
            "2 steps or more"
        )
    if samples_path is not None and frame_count > 1:
        raise sc.OptionError("--each goes with one frame; choose it with --at")
    if request.blur is not None:
        shape = sc.read_picture(request.blur).shape
    else:
        assert isinstance(request.spikes, sc.RecordingFile)
        shape = request.spikes.open().shape[1:]
    check_memory(
        samples * math.prod(shape) * BYTES_PER_VALUE, f"drawing {samples:,} samples", "choose fewer"
    )
    return samples
