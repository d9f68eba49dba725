"""``spikecam live``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report, say, say_aside
from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.moment_triggers import trigger_on_enter, trigger_on_file, trigger_on_signal
from spikecam.cli.options import OUTPUT_GROUP, PAGE_GROUP, PageOptions, RecordingOptions
from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.method import Takes, find_method
from spikecam.online.methods import online_method_names
from spikecam.reconstruction.method_choice import FAST_METHOD

if TYPE_CHECKING:
    from spikecam.io.geometry import Geometry
    from spikecam.online.feed import Feed
    from spikecam.online.moment_recorder import MomentRecorder

METHODS = [find_method(name, Takes.SPIKES) for name in online_method_names()]
FPS_BOUNDS = (1, 1000)


@Parameter(name="*", group=OUTPUT_GROUP)
@dataclass(frozen=True)
class MomentOptions:
    """Options for recording the seconds around a moment.

    Attributes:
        out: Record moments to this .dat file; the next ones get numbers.
        record_before: Seconds before a moment, which are held in memory.
        record_after: Seconds after it.
        trigger_file: Record when this file appears, or is touched.
        trigger_jump: Record when the firing rate rises or falls by this factor.
    """

    out: Annotated[Path | None, Parameter(alias="-o", metavar="MOMENT.dat")] = None
    record_before: float = 1.0
    record_after: float = 1.0
    trigger_file: Annotated[Path | None, Parameter(metavar="FILE")] = None
    trigger_jump: Annotated[float | None, Parameter(metavar="FACTOR")] = None

    @contextmanager
    def recorder(
        self, geometry: Geometry, feed: Feed, *, has_page: bool
    ) -> Iterator[MomentRecorder | None]:
        """Context that holds frames, and says what triggers; None without an output."""
        if self.out is None:
            if self.trigger_file is not None or self.trigger_jump is not None:
                raise OptionError("a trigger records a moment; name its file with -o MOMENT.dat")
            yield None
            return
        from spikecam.online.feed import PipeFeed
        from spikecam.online.ring_moments import make_moment_recorder

        recorder = make_moment_recorder(
            self.out,
            feed,
            geometry,
            seconds_before=self.record_before,
            seconds_after=self.record_after,
            jump=self.trigger_jump,
        )
        recorder.on_moment = _say_moment
        with recorder, trigger_on_signal(recorder.trigger) as has_signal:
            triggers = []
            if trigger_on_enter(recorder.trigger, stdin_is_feed=isinstance(feed, PipeFeed)):
                triggers.append("press Enter")
            if has_signal:
                triggers.append(f"kill -USR1 {os.getpid()}")
            if self.trigger_file is not None:
                trigger_on_file(recorder.trigger, self.trigger_file)
                triggers.append(f"touch {self.trigger_file}")
            if has_page:
                triggers.append("the button of the page")
            if self.trigger_jump is not None:
                triggers.append(f"a firing rate that jumps by a factor of {self.trigger_jump:g}")
            say_aside(
                f"to record {self.record_before:g} s before and {self.record_after:g} s after a "
                f"moment to {self.out}: {', or '.join(triggers)}; "
                f"{recorder.memory_bytes / 1e6:,.0f} MB of memory hold the frames"
            )
            yield recorder


def _say_moment(path: Path | None, frame_count: int, wanted_count: int) -> None:
    if path is None:
        say_aside("a moment was not recorded: all its frames were lost, or none came")
        return
    frames = f"{frame_count:,} frames"
    if frame_count < wanted_count:
        frames = (
            f"{frame_count:,} of {wanted_count:,} frames; the others were lost, or did not come"
        )
    say_aside(f"recorded {path}: {frames}")


@add_method_flags(METHODS, without=("fpn",))
def live(
    source: Annotated[str, Parameter(name="RECORDING|shm:NAME|-", allow_leading_hyphen=True)],
    /,
    *,
    method: Annotated[str, make_method_parameter(METHODS)] = FAST_METHOD,
    options: MethodFlags = MethodFlags(),
    fps: Annotated[float, Parameter(group=PAGE_GROUP)] = 60,
    page: Annotated[bool, Parameter(negative="--no-page", group=PAGE_GROUP)] = True,
    server: PageOptions = PageOptions(),
    moments: MomentOptions = MomentOptions(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Watch a camera while it records: every frame is read, pictures are shown as they can be.

    A recording is followed from its end on; what it is fed is not changed, and kept only around
    the moments that are triggered.

    Args:
        source: A .dat file that grows, shm:NAME for a ring of frames in shared memory, or - for
            packed frames on standard input.
        fps: Pictures a second, at most.
        page: Serve the page, or only measure.
    """
    if not FPS_BOUNDS[0] <= fps <= FPS_BOUNDS[1]:
        raise OptionError(f"--fps is from {FPS_BOUNDS[0]} to {FPS_BOUNDS[1]}, not {fps:g}")
    names = [one.name for one in METHODS]
    if method not in names:
        raise OptionError(f"live pictures are made by {' or '.join(names)}, not {method!r}")
    # Those of all methods, since the page switches between them.
    values = {one.name: getattr(options, one.name) for one in fields(options)}
    values = {name: value for name, value in values.items() if value is not None}
    if page:
        require_packages("nicegui", extra="app", purpose="the live page")
        from spikecam.app.live_page import serve_live
    from spikecam.online.feed import open_feed
    from spikecam.online.live_reconstruction import LiveReconstruction

    feed = open_feed(source, recording.camera, recording.size)
    geometry = replace(
        feed.geometry, rate=feed.geometry.rate if recording.rate is None else recording.rate
    )
    with moments.recorder(geometry, feed, has_page=page) as recorder:
        live_reconstruction = LiveReconstruction(
            feed, method, values, fps=fps, orientation=recording.orientation, recorder=recorder
        )
        with suppress(KeyboardInterrupt), notifying_of_interruption():
            if page:
                serve_live(
                    live_reconstruction,
                    host=server.host,
                    port=server.port,
                    browser=server.browser,
                    say=say,
                )
            else:
                live_reconstruction.run()
    if live_reconstruction.error is not None:
        raise live_reconstruction.error
    facts = {
        "frames": live_reconstruction.frame_count,
        "pictures": live_reconstruction.picture_count,
        "sent": live_reconstruction.sent_count,
        "leftover_bytes": feed.leftover_bytes,
        "lost_frames": feed.lost_frames,
        "moments": [] if recorder is None else recorder.recordings,
        "missing_moment_frames": 0 if recorder is None else recorder.missing_frames,
    }
    lines = [live_reconstruction.summary()]
    lines += [] if recorder is None else [f"recorded {path}" for path in recorder.recordings]
    report("\n".join(lines), facts)
