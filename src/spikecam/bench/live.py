"""How many pictures the live view shows of a fast camera, without its page.

    python -m spikecam.bench.live [--rate HZ] [--seconds S]

Another process sends frames of 400x250 through a pipe, 20,000 a second by default, as a camera
would; ``spikecam live`` reads them, once by each method, and says what it reached.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import BinaryIO

from spikecam.bench.inputs import scene
from spikecam.stream import SpikeStream

_HEIGHT, _WIDTH, _FRAMES = 250, 400, 2000
# Frames that are sent together.
_TOGETHER = 100
_RUN = "from spikecam.cli.main import main; main()"


def send(stream: SpikeStream, out: BinaryIO, rate: float, seconds: float) -> None:
    """Write a recording again and again, ``rate`` frames a second, as packed frames."""
    began, sent = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        while sent < now * rate:
            start = sent % len(stream)
            stop = min(start + _TOGETHER, len(stream))
            out.write(stream.packed(start, stop).tobytes())
            sent += stop - start
        time.sleep(0.002)


def reached(method: str, rate: float, seconds: float) -> str:
    """What ``spikecam live`` says of a camera that sends so many frames a second, for so long."""
    camera = [sys.executable, "-m", __spec__.name, "--send", f"{rate}", "--seconds", f"{seconds}"]
    watch = [sys.executable, "-c", _RUN, "live", "-", "--size", f"{_WIDTH}x{_HEIGHT}"]
    options: Sequence[str] = ["--method", method, "--no-page"]
    with subprocess.Popen(camera, stdout=subprocess.PIPE) as sending:
        said = subprocess.run(
            [*watch, *options], stdin=sending.stdout, capture_output=True, text=True, check=True
        )
    return said.stdout.strip()


def main() -> None:
    """Print what is reached by each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=20_000, metavar="HZ")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--send", type=float, metavar="HZ", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.send:
        send(scene(_FRAMES, _HEIGHT, _WIDTH), sys.stdout.buffer, args.send, args.seconds)
        return
    for method in ("tfp", "tfstp"):
        print(f"{method:<6} {reached(method, args.rate, args.seconds)}", flush=True)


if __name__ == "__main__":
    main()
