"""How many pictures the live view shows of a fast camera.

Another process sends frames of 400x250 through a pipe as a camera would; ``spikecam live`` reads
them, asked for more pictures than a screen shows. This process takes the pictures as a browser
does.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from http.client import HTTPResponse
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from spikecam.bench.speed_inputs import simulate_moving_pattern
from spikecam.stream import SpikeStream

_HEIGHT, _WIDTH, _FRAMES = 250, 400, 2000
# Frames that are sent together.
_TOGETHER = 100
# Pictures a second that are asked for.
_ASKED = 62
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


if __name__ == "__main__":
    # The camera's process: RATE SECONDS.
    send_frames(
        simulate_moving_pattern(_FRAMES, _HEIGHT, _WIDTH),
        sys.stdout.buffer,
        *map(float, sys.argv[1:]),
    )
