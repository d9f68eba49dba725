"""Speed and memory, as ratios to plain references in the same run.

    python -m spikecam.bench.speed [--memory | --synth PHOTOS]

``--memory`` streams recordings of 2 GB to a video by every method instead: 160,000 frames of
400x250, and 16,000 of 1000x1000. That takes most of an hour. ``--synth`` makes data sets of 25 and
of 100 sequences of 512x384.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import spikecam as sc
from spikecam.bench import reference

T, H, W = 301, 250, 400


def drain(items: Iterable[Any]) -> None:
    """Take every item and keep none, as a writer does."""
    deque(items, maxlen=0)


def run_method(stream: sc.SpikeStream, method: str, **options: Any) -> None:
    """Reconstruct every frame and keep none."""
    drain(sc.frames(stream, method, **options))


def seconds(ours: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of two functions, run in turns so that both meet the same machine."""
    times: tuple[list[float], list[float]] = ([], [])
    ours()
    for _ in range(rounds):
        for function, taken in zip((ours, other), times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return float(np.median(times[0])), float(np.median(times[1]))


def scene(frames: int, height: int, width: int) -> sc.SpikeStream:
    """Spikes of a moving pattern whose rates run from 0.02 to 0.6."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 17 + t / 9) * np.cos(y / 23 - t / 31) for t in range(frames)]
    light = np.cumsum(0.31 + 0.29 * np.stack(waves), axis=0) + rng.random((height, width))
    return sc.SpikeStream.from_array(np.diff(np.floor(light), axis=0, prepend=0) > 0)


def run_python(code: str) -> None:
    """Run code in an interpreter of its own."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def report(what: str, ours: float, other: float, than: str) -> None:
    """One line of the table."""
    print(f"{what:<34}{ours * 1e3:9.1f} ms  {other / ours:7.2f} x as fast as {than}")


def measure_speed() -> None:
    """Decoding and the three methods against their references."""
    stream = scene(T, H, W)
    packed, spikes = stream.packed(), np.asarray(stream)
    tensor = torch.from_numpy(spikes)
    flat = packed.reshape(-1)
    print(f"{T} frames of {W}x{H}, {os.cpu_count()} cores, {spikes.mean():.2f} spikes a pixel")
    report(
        "decode to 0/1 bytes",
        *seconds(stream.read, lambda: np.unpackbits(flat, bitorder="little"), 15),
        "numpy.unpackbits",
    )
    for window in (9, 41, 201):
        report(
            f"TFP, window {window}, every frame",
            *seconds(
                partial(run_method, stream, "tfp", window=window),
                partial(lambda w: drain(reference.tfp(spikes, w)), window),
                3,
            ),
            "averaging each window",
        )
    report(
        "TFI, every frame",
        *seconds(partial(run_method, stream, "tfi"), lambda: drain(reference.tfi(tensor, 256)), 3),
        "a torch search at each frame",
    )
    report(
        "TFSTP, every frame",
        *seconds(partial(run_method, stream, "tfstp"), lambda: drain(reference.tfstp(tensor)), 5),
        "a torch update at each frame",
    )
    video = np.random.default_rng(0).integers(0, 256, (137, 180, 320), np.uint8)
    frames = torch.from_numpy(video)
    report(
        "simulate 137 frames of 320x180",
        *seconds(lambda: sc.simulate(video), lambda: reference.simulate(frames, 0), 25),
        "a torch loop over the frames",
    )
    report(
        "floor: write the pictures once",
        *seconds(
            lambda: [np.ones((40, H, W), np.float32) for _ in range(T // 40)],
            lambda: spikes.astype(np.float32),
            5,
        ),
        "numpy's uint8 to float32",
    )


def measure_start() -> None:
    """Import, help, and opening a terabyte."""
    for what, code in {
        "import spikecam": "import spikecam",
        "spikecam --help": "import sys; sys.argv = ['spikecam', '--help']\n"
        "from spikecam.cli.main import main; main()",
    }.items():
        ours, python = seconds(partial(run_python, code), partial(run_python, "pass"), 7)
        print(f"{what:<34}{(ours - python) * 1e3:9.1f} ms  over an empty interpreter")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terabyte.dat"
        path.touch()
        try:
            os.truncate(path, 80_000_000 * 12_500)
        except OSError as error:
            print(f"open a terabyte: not measured, {error.strerror}")
            return
        ours, _ = seconds(lambda: sc.open(path, "gen2"), lambda: None, 9)
        print(f"{'open a terabyte':<34}{ours * 1e3:9.1f} ms")
        ours, _ = seconds(lambda: sc.open(path, "gen2")[40_000_000:][:41].count(), lambda: None, 9)
        print(f"{'open it and count 41 frames':<34}{ours * 1e3:9.1f} ms")


# The kernel's own high-water mark of a program; what getrusage says of a child counts the memory of
# its parent, too.
_TELL_PEAK = r"""
import atexit, re
from spikecam.cli.main import main

def tell():
    kilobytes = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
    print(int(kilobytes) * 1024)

atexit.register(tell)
main()
"""


def measure_memory(frames: int, height: int, width: int) -> None:
    """Peak memory of a process that streams a recording to a video; on Linux only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.dat"
        piece = min(frames, 100)
        packed = scene(piece, height, width).packed().tobytes()
        with path.open("wb") as file:
            for _ in range(frames // piece):
                file.write(packed)
        size = path.stat().st_size / 1e9
        print(f"streaming {size:.1f} GB of {width}x{height} to a video, each in its own process")
        for method in ("tfp", "tfi", "tfstp"):
            options = ["--size", f"{width}x{height}", "--method", method]
            command = ["reconstruct", str(path), "-o", f"{folder}/out.mp4", *options]
            peak, taken = peak_of(command)
            print(f"{method:<8} peak {peak / 1e6:6.0f} MB, {taken:6.0f} s", flush=True)


def measure_synth(photos: Path) -> None:
    """Time and peak memory of making data sets; on Linux only."""
    with tempfile.TemporaryDirectory() as folder:
        for sequences in (25, 100):
            out = f"{folder}/{sequences}"
            command = ["synth", str(photos), "-o", out, "--sequences", str(sequences)]
            peak, taken = peak_of(command)
            each = taken / sequences
            print(
                f"synth {sequences} sequences of 512x384: {taken:.0f} s, {each:.2f} s each, "
                f"peak {peak / 1e6:.0f} MB",
                flush=True,
            )


def peak_of(command: list[str]) -> tuple[int, float]:
    """Peak memory in bytes, and seconds, of a command in a process of its own."""
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", _TELL_PEAK, *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(ended.stdout.split()[-1]), time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--memory", action="store_true", help="peak memory on 2 GB")
    what.add_argument("--synth", type=Path, metavar="PHOTOS", help="data sets of these")
    args = parser.parse_args()
    if args.synth is not None:
        measure_synth(args.synth)
    elif args.memory:
        measure_memory(160_000, 250, 400)
        measure_memory(16_000, 1000, 1000)
    else:
        measure_start()
        measure_speed()


if __name__ == "__main__":
    main()
