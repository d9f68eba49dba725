"""Time and peak memory of what runs for long: recordings of 2 GB, and whole data sets.

    python -m spikecam.bench.streaming [--synth PHOTOS]

Recordings are streamed to a video by TFP, TFI and TFSTP: 160,000 frames of 400x250, and 16,000 of
1000x1000. That takes most of an hour. ``--synth`` makes data sets of 25 and of 100 sequences of
512x384 instead. Both on Linux only, where a process can tell its peak.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from spikecam.bench.inputs import scene
from spikecam.bench.memory import peak_of


def measure_memory(frames: int, height: int, width: int) -> None:
    """Peak memory of a process that streams a recording to a video."""
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
    """Time and peak memory of making data sets."""
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


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--synth", type=Path, metavar="PHOTOS", help="data sets of these")
    photos: Path | None = parser.parse_args().synth
    if photos is not None:
        measure_synth(photos)
    else:
        measure_memory(160_000, 250, 400)
        measure_memory(16_000, 1000, 1000)


if __name__ == "__main__":
    main()
