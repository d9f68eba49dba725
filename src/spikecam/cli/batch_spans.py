"""One long film, made span by span and joined in order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikecam.batches.job import BatchJob
from spikecam.batches.manifest import MANIFEST_NAME
from spikecam.cli.main import build_app
from spikecam.cli.messages import report
from spikecam.cli.pictures import describe_frames
from spikecam.cli.progress import track_progress
from spikecam.cli.reconstruct import make_request
from spikecam.errors import OptionError, OutputError
from spikecam.io.output import Output, output_kind
from spikecam.io.picture_store import CHUNK_FRAMES, STORES, join_picture_stores
from spikecam.io.video import video_frames
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.reconstruction.method_choice import AUTO

# The one command whose films are cut into spans.
SPLIT_COMMAND = "reconstruct"
_FOLDER_SUFFIX = ".spans"
WARM_UP = "warm-up"
# Options that concern the whole film.
_OF_THE_FILM = ("fps", "overwrite", "no-overwrite", "frames")
_REFUSED = {
    "at": "is one frame",
    "stretch": "is fitted to frames of the whole film",
    "colour": "takes the colours of one photograph to the whole film",
}


@dataclass(frozen=True)
class SplitFilm:
    """A film that is made span by span.

    Attributes:
        output: of the whole film.
        frames: their indices.
        folder: beside the output, for the pictures of the spans, until they are joined.
        jobs: one for each span, in order.
    """

    output: Output
    frames: Sequence[int]
    folder: Path
    jobs: list[BatchJob]


def plan_spans(
    command: str,
    inputs: Sequence[str],
    out: str | None,
    options: dict[str, Any],
    span_count: int,
) -> SplitFilm:
    """Plan the spans of a film, checked as the command would check the whole film.

    Raises:
        OptionError: another command, several inputs, a choice of frames or an option that spans
            cannot share, or fewer spans than 1.
        OutputError: the folder for the spans holds something else.
        SpikecamError: as the command.
    """
    if command != SPLIT_COMMAND:
        raise OptionError(f"--split is for {SPLIT_COMMAND}; leave it out with {command}")
    if len(inputs) != 1:
        raise OptionError("--split is for one recording; name one file")
    if out is None:
        raise OptionError("the film has no name; give one, such as -o film.mp4")
    if output_kind(out) == "picture":
        raise OptionError(
            f"{out} is one picture; name a film, a folder, an archive or a store to --split"
        )
    if span_count < 1:
        raise OptionError(f"--split is a number of spans from 1, not {span_count}")
    check_span_options(options)
    words = BatchJob(command, inputs[0], out, options).words()
    _, bound, _ = build_app(words).parse_args(words, print_error=False, exit_on_error=False)
    bound.apply_defaults()
    parameters = bound.arguments
    output: Output = parameters["output"].open_output(out, [parameters["spikes"]])
    names = ("spikes", "at", "frames", "method", "options", "then", "display", "recording")
    request = make_request(**{name: parameters[name] for name in names})
    frames = request.check(output.kind).frames
    assert isinstance(frames, range)
    output = parameters["output"].open_output(out, [parameters["spikes"]], len(frames))
    folder = output.path.with_name(output.path.name + _FOLDER_SUFFIX)
    check_spans_folder(folder)
    warm_up = find_method(request.method, Takes.SPIKES).warm_up
    if warm_up:
        # A span reads so many frames before its own, and not all of them.
        options = {WARM_UP: warm_up, **options}
    # Spans of a store are whole chunks, which are files of their own.
    is_store = output.kind == "store"
    spans = list(split_frames(frames, span_count, CHUNK_FRAMES if is_store else 1))
    digits, ending = len(str(len(spans) - 1)), STORES[0] if is_store else ""
    jobs = [
        BatchJob(
            command, inputs[0], folder / f"{i:0{digits}d}{ending}", span_options(options, span)
        )
        for i, span in enumerate(spans)
    ]
    return SplitFilm(output, frames, folder, jobs)


def check_spans_folder(folder: Path) -> None:
    """Refuse a folder for spans that holds anything but a batch: it is removed at the end.

    Raises:
        OutputError: it does.
    """
    if folder.exists() and not (folder / MANIFEST_NAME).is_file():
        raise OutputError(f"{folder} is in use, and spans are written there; name another output")


def check_span_options(options: Mapping[str, Any]) -> None:
    """Refuse options by which the spans would differ from the whole film.

    Raises:
        OptionError: there is one, or no method is named.
    """
    for name, reason in _REFUSED.items():
        if name in options:
            raise OptionError(f"--{name} {reason}; leave it out with --split")
    if str(options.get("method", AUTO)).lower() == AUTO:
        raise OptionError(
            "--split needs --method, so that all spans have one; spikecam info names the one that "
            "suits a recording"
        )
    if ":" not in str(options.get("frames", ":")):
        raise OptionError("--split takes --frames as START:STOP[:STEP], not as a number of frames")


def split_frames(frames: range, count: int, multiple: int = 1) -> Iterator[range]:
    """Split frames into so many spans of about equal length, fewer where there are fewer frames.

    All spans but the last hold a multiple of ``multiple`` frames.

    >>> [*split_frames(range(0, 10, 2), 2)]
    [range(0, 4, 2), range(4, 10, 2)]
    >>> [*split_frames(range(10), 2, 4)]
    [range(0, 4), range(4, 10)]
    """
    units = -(-len(frames) // multiple)
    count = min(count, units)
    for i in range(count):
        yield frames[i * units // count * multiple : (i + 1) * units // count * multiple]


def span_options(options: Mapping[str, Any], span: range) -> dict[str, Any]:
    """Options of the command that writes the pictures of a span into a folder."""
    shared = {name: value for name, value in options.items() if name not in _OF_THE_FILM}
    # The folder is the batch's own: what lies there is of a batch that was stopped.
    return {**shared, "frames": f"{span[0]}:{span[-1] + 1}:{span.step}", "overwrite": True}


def join_spans(film: SplitFilm) -> None:
    """Write the film from the pictures of its spans, remove these, and report it.

    PNG files hold the levels that the film would have been written with; files of a store are
    those of the film.
    """
    if film.output.kind == "store":
        parts = [Path(job.output) for job in film.jobs]
        overwrite = bool(film.output.overwrite)
        join_picture_stores(film.output.path, parts, film.frames, overwrite=overwrite)
    else:
        _write_film(film)
    shutil.rmtree(film.folder)
    report(
        f"{film.output.path}: {describe_frames(film.frames)}, in {len(film.jobs)} spans",
        {
            "file": film.output.path,
            "kind": film.output.kind,
            "frames": film.frames,
            "spans": len(film.jobs),
        },
    )


def _write_film(film: SplitFilm) -> None:

    def pictures() -> Iterator[Picture]:
        for job in film.jobs:
            yield from video_frames(Path(job.output))

    tracked = track_progress(pictures(), len(film.frames), "Joining")
    film.output.write(tracked, film.frames)
