"""Pictures of a request, written to an output with a progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecam.cli.messages import report, say, say_aside
from spikecam.cli.progress import track_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spikecam.io.output import Output
    from spikecam.picture import Picture
    from spikecam.requests.prepared import CheckedRequest


def write_pictures(checked_request: CheckedRequest[Picture], output: Output, label: str) -> None:
    """Make the pictures of a checked request, write them, and report what was written."""
    frames = checked_request.frames
    if checked_request.choice:
        say_aside(checked_request.choice)
    pictures = (picture for _, picture in checked_request.run())
    for fact in checked_request.facts:
        say(fact)
    output.write(track_progress(pictures, len(frames), label), frames)
    note = f"; {output.scale_note}" if output.hdr else ""
    lines = [f"{output.path}: {describe_frames(frames)}{note}", *checked_request.hints]
    facts: dict[str, object] = {
        "file": output.path,
        "kind": output.kind,
        "frames": frames,
        "notes": [
            *filter(None, [checked_request.choice]),
            *checked_request.facts,
            *checked_request.hints,
        ],
    }
    if output.hdr:
        facts["white_level"] = output.white_level
    report("\n".join(lines), facts)


def describe_frames(frames: Sequence[int]) -> str:
    """Describe the frames of an output in words, for a message."""
    if len(frames) == 1:
        return f"frame {frames[0]}"
    return f"{len(frames)} frames, {frames[0]} to {frames[-1]}"
