"""Time and peak memory of commands that run for long, each in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spikecam.bench.peak_memory import peak_memory_and_seconds
from spikecam.bench.speed_inputs import simulate_moving_pattern

Row = dict[str, Any]


# Methods that make every frame in one pass; others take seconds for each.
_ONE_PASS_METHODS = "tfi", "tfp", "tfstp"


def measure_streaming(
    frames: int, height: int, width: int, say: Callable[[str], None] = print
) -> list[Row]:
    """Measure peak memory of streaming a long recording to a video.

    Returns a row for each method.
    """
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.dat"
        piece = min(frames, 100)
        packed = simulate_moving_pattern(piece, height, width).packed().tobytes()
        with path.open("wb") as file:
            for _ in range(frames // piece):
                file.write(packed)
        size = path.stat().st_size / 1e9
        say(f"streaming {size:.1f} GB of {width}x{height} to a video")
        for method in _ONE_PASS_METHODS:
            options = ["--size", f"{width}x{height}", "--method", method]
            command = ["reconstruct", str(path), "-o", f"{folder}/out.mp4", *options]
            peak, seconds = peak_memory_and_seconds(command)
            rows.append(
                {
                    "method": method,
                    "size": f"{width}x{height}",
                    "GB": size,
                    "peak MB": peak / 1e6,
                    "s": seconds,
                }
            )
            say(f"{method:<8} peak {peak / 1e6:6.0f} MB, {seconds:6.0f} s")
    return rows


def measure_synth_command(photo_folder: Path, say: Callable[[str], None] = print) -> list[Row]:
    """Measure time and peak memory of ``spikecam synth`` for data sets of two sizes.

    Returns a row for each size.
    """
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for sequences in (25, 100):
            out = f"{folder}/{sequences}"
            command = ["synth", str(photo_folder), "-o", out, "--sequences", str(sequences)]
            peak, seconds = peak_memory_and_seconds(command)
            rows.append({"sequences": str(sequences), "s": seconds, "peak MB": peak / 1e6})
            say(
                f"synth {sequences} sequences: {seconds:.0f} s, {seconds / sequences:.2f} s each, "
                f"peak {peak / 1e6:.0f} MB"
            )
    return rows
