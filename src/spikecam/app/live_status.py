"""What a live page says of the camera: rates, stalls, lags, and why it ended."""

from __future__ import annotations

from spikecam.errors import SpikecamError
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.resources import OUT_OF_MEMORY, is_out_of_memory

# No frames for the first of these is a stall; frames of the second are a lag.
_STALL_SECONDS, _LAG_SECONDS = 2.0, 0.5


def format_live_status(live: LiveReconstruction, picture_rate: float, sent_rate: float) -> str:
    """Format the rates of a live reconstruction in one line, or why it ended.

    Args:
        live: the reconstruction.
        picture_rate, sent_rate: pictures per second that are made for a page, and sent to it.
    """
    if isinstance(live.error, SpikecamError):
        return str(live.error)
    if live.error is not None and is_out_of_memory(live.error):
        return OUT_OF_MEMORY
    if live.error is not None:
        return "something went wrong inside spikecam; the terminal says more when it ends"
    if live.ended:
        return f"ended: {live.summary()}"
    geometry = live.feed.geometry
    parts = [f"{live.feed.name}, {geometry.width} x {geometry.height}, {live.frame_count:,} frames"]
    stall = stall_seconds(live)
    if stall is not None:
        parts.append(f"no frames for {stall:.0f} s")
    parts.append(
        f"{live.frame_rate:,.0f} frames a second read, "
        f"{picture_rate:.0f} pictures a second made, {sent_rate:.0f} sent"
    )
    if live.feed.frames_behind > live.frame_rate * _LAG_SECONDS:
        parts.append(f"{live.feed.frames_behind:,} frames behind the camera")
    if live.feed.lost_frames:
        parts.append(f"{live.feed.lost_frames:,} frames lost")
    if live.recorder is not None and live.recorder.pending_count:
        parts.append("recording")
    if live.recorder is not None and live.recorder.missing_frames:
        parts.append(f"{live.recorder.missing_frames:,} frames of moments missing")
    if live.recorder is not None and live.recorder.recordings:
        latest = live.recorder.recordings[-1].name
        parts.append(f"{len(live.recorder.recordings)} recorded, the last is {latest}")
    return "; ".join(parts)


def stall_seconds(live: LiveReconstruction) -> float | None:
    """How long the camera has sent nothing, in seconds; None while it sends, or has ended."""
    seconds = live.seconds_since_frames
    return None if live.ended or seconds is None or seconds < _STALL_SECONDS else seconds
