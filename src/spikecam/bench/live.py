"""How many pictures the live view shows of a fast camera.

Another process sends frames of 400x250 through a pipe as a camera would; ``spikecam live`` reads
them, asked for more pictures than a screen shows. This process takes the pictures as a browser
does. A faster camera writes to a ring in shared memory, which this process reads without a page.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import numpy as np

from spikecam.bench.machine_limits import memory_read_limit
from spikecam.bench.speed_inputs import simulate_moving_pattern
from spikecam.bench.timing import median_seconds_in_turns
from spikecam.bits import frame_bytes
from spikecam.online.feed import open_feed
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.ring_moments import MIN_RING_RATIO, make_moment_recorder
from spikecam.online.shared_ring import SharedRing
from spikecam.stream import SpikeStream

_HEIGHT, _WIDTH, _FRAMES = 250, 400, 2000
# Frames that are sent together.
_TOGETHER = 100
# Pictures a second that are asked for.
_ASKED = 62
# Time that a ring in shared memory holds; where a moment is recorded, more than before it.
_RING_SECONDS = 0.1
# Time that is recorded after a moment, which is in the middle.
_AFTER_SECONDS = 0.2
_RUN = "from spikecam.cli.main import main; main()"


def send_frames(stream: SpikeStream, pipe: BinaryIO, rate: float, seconds: float) -> None:
    """Send the frames of a recording to a pipe again and again, ``rate`` frames a second."""
    # The clock starts when somebody reads: a pipe holds less than this.
    pipe.write(stream.packed(0, min(_TOGETHER, len(stream))).tobytes())
    began, sent = time.monotonic(), min(_TOGETHER, len(stream))
    while (now := time.monotonic() - began) < seconds:
        while sent < now * rate:
            start = sent % len(stream)
            stop = min(start + _TOGETHER, len(stream))
            pipe.write(stream.packed(start, stop).tobytes())
            sent += stop - start
        time.sleep(0.002)


def run_live_command(method: str, rate: float, seconds: float) -> str:
    """Run ``spikecam live`` on a simulated camera, and return the summary that it prints."""
    camera = [sys.executable, "-m", "spikecam.bench.live", f"{rate}", f"{seconds}"]
    options = ["--size", f"{_WIDTH}x{_HEIGHT}", "--method", method, "--fps", f"{_ASKED}"]
    watch = [sys.executable, "-c", _RUN, "live", "-", *options, "--no-browser"]
    with subprocess.Popen(
        watch, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdin is not None
        assert watching.stdout is not None
        try:
            address = re.search(r"(http://\S+)/\?(key=\S+)", watching.stdout.readline())
            assert address is not None
            # The camera starts when somebody watches: what is reached is not of the start.
            with (
                _open_when_ready(f"{address[1]}/live?{address[2]}") as pictures,
                subprocess.Popen(camera, stdout=watching.stdin) as sending,
            ):
                watching.stdin.close()
                while pictures.read(1 << 16):
                    pass
            if sending.returncode:
                raise subprocess.CalledProcessError(sending.returncode, camera)
        finally:
            watching.send_signal(signal.SIGINT)
        return watching.stdout.read().strip()


def _open_when_ready(url: str) -> HTTPResponse:
    """Open a URL as soon as its server answers."""
    for _ in range(300):
        try:
            answer: HTTPResponse = urlopen(url, timeout=60)
            return answer
        except HTTPError:
            raise
        except URLError:
            # It says where it is a moment before it listens.
            time.sleep(0.1)
    raise ConnectionError(f"nobody answers at {url}")


def measure_shared_memory(
    shape: tuple[int, int],
    rate: float,
    seconds: float,
    window: int,
    record_before: float | None = None,
) -> dict[str, Any]:
    """Measure live TFP of a camera of another process that writes to shared memory.

    Args:
        shape: height and width of its frames.
        rate: frames a second that it writes.
        seconds: for how long.
        window: of TFP, in frames; up to 60 pictures a second are made of it.
        record_before: also record a moment with so many seconds before it, in a temporary folder.

    Returns:
        Frames and pictures a second, frames lost, of pictures and of the moment, GB of frames that
        came a second, their share of what one core reads of an array, and frames that the reader
        takes in a second of processor time, which does not count the writer.
    """
    name = f"spikecam-bench-{os.getpid()}"
    ring_seconds = max(_RING_SECONDS, 0.1 + MIN_RING_RATIO * (record_before or 0))
    arguments = [name, *map(str, shape), f"{rate}", f"{seconds}", f"{ring_seconds}"]
    camera = [sys.executable, "-m", "spikecam.bench.live", *arguments]
    # What is compiled is loaded before the camera starts.
    warm = SpikeStream.from_array(np.zeros((9, *shape), np.uint8))
    with (
        ExitStack() as stack,
        subprocess.Popen(camera, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sending,
    ):
        assert sending.stdin is not None
        assert sending.stdout is not None
        sending.stdout.readline()
        feed = open_feed(f"shm:{name}")
        recorder = None
        if record_before is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            recorder = make_moment_recorder(
                Path(folder) / "moment.dat",
                feed,
                feed.geometry,
                seconds_before=record_before,
                seconds_after=_AFTER_SECONDS,
            )
            stack.enter_context(recorder)
        live = LiveReconstruction(feed, "tfp", {"window": window}, fps=60, recorder=recorder)
        live.reconstructor.update(warm)
        live.reconstructor.picture()
        reading = threading.Thread(target=live.run)
        processor_seconds = time.process_time()
        reading.start()
        sending.stdin.write(b"begin\n")
        sending.stdin.close()
        if recorder is not None:
            time.sleep(seconds / 2)
            recorder.trigger()
        sent = int(sending.stdout.readline())
        reading.join()
        processor_seconds = time.process_time() - processor_seconds
        moment_facts = {}
        if recorder is not None:
            recorder.close()
            moment_facts = {
                "frames recorded": sum(
                    path.stat().st_size // feed.geometry.frame_bytes for path in recorder.recordings
                ),
                "frames of the moment missing": recorder.missing_frames,
            }
    if live.error is not None:
        raise live.error
    read_bytes = live.frame_count * feed.geometry.frame_bytes
    limit = memory_read_limit(256 << 20)
    limit_seconds = min(median_seconds_in_turns([limit.run], 9))
    return {
        "size": f"{shape[1]}x{shape[0]}",
        "frames sent": sent,
        "frames read": live.frame_count,
        "frames lost": feed.lost_frames,
        "frames a core second": live.frame_count / processor_seconds,
        **moment_facts,
        "pictures a second": live.picture_count / seconds,
        "GB/s": read_bytes / seconds / 1e9,
        "share of memory": read_bytes / seconds * limit_seconds / limit.amount,
    }


def write_to_ring(
    name: str,
    shape: tuple[int, int],
    rate: float,
    seconds: float,
    ring_seconds: float,
    begin: Callable[[], Any],
) -> int:
    """Write random frames to a ring in shared memory as a camera does; return how many.

    Args:
        name: of the ring.
        shape, rate, seconds: as for `measure_shared_memory`.
        ring_seconds: time that the ring holds.
        begin: returns when somebody reads.
    """
    frame_size = frame_bytes(*shape)
    frames = np.random.default_rng(0).integers(0, 256, (64, frame_size), np.uint8)
    with SharedRing(name, shape, max(2, int(rate * ring_seconds)), rate=rate) as ring:
        begin()
        began, sent = time.monotonic(), 0
        while (now := time.monotonic() - began) < seconds:
            due = min(len(frames), int(now * rate) - sent)
            ring.write(frames[:due])
            sent += due
            if due < len(frames):
                time.sleep(0.0005)
        return sent


def _announce_and_wait() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        # A camera that writes to shared memory: NAME HEIGHT WIDTH RATE SECONDS RING_SECONDS.
        name, height, width, *numbers = sys.argv[1:]
        shape = int(height), int(width)
        rate, seconds, ring_seconds = map(float, numbers)
        print(write_to_ring(name, shape, rate, seconds, ring_seconds, _announce_and_wait))
        sys.exit()
    # The camera's process: RATE SECONDS.
    send_frames(
        simulate_moving_pattern(_FRAMES, _HEIGHT, _WIDTH),
        sys.stdout.buffer,
        *map(float, sys.argv[1:]),
    )
