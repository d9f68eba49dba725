"""Speed and memory of the networks on a picture of 1280x720, against LDN's plain module.

    python -m spikecam.bench.networks [--frames N]

The plain module is called frame by frame, in float32, as a user of torch would; every frame of
every network is timed in turn with one of it, and what a network prepares for all of them is
counted. Picture and spikes are random, weights those that ship. Memory is the peak of a process
that does nothing else, on Linux only. ``spikecam bench speed`` tells what each further frame takes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import spikecam as sc
from spikecam.bench.inputs import FULL, Inputs, Sizes, make_inputs
from spikecam.bench.memory import peak_of_module
from spikecam.bench.works import NETWORKS, plain_ldn
from spikecam.resources import usable_cores

SIZES = Sizes(recording=(1, 8, 8), video=(1, 8, 8), picture=FULL.picture)
MEASURED = ("ldn", "refined", "refined-small")


def compare(inputs: Inputs, name: str, frames: int) -> tuple[float, float]:
    """Seconds for all frames of a network, with all that it prepares, and of the plain module."""
    taken = [0.0, 0.0]
    runs = [iter(NETWORKS[name](inputs, "cpu")), iter(plain_ldn(inputs, "cpu"))]
    for _ in range(frames):
        for which, run in enumerate(runs):
            start = time.perf_counter()
            next(run)
            taken[which] += time.perf_counter() - start
    return taken[0], taken[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=97, choices=range(1, 98), metavar="N")
    args = parser.parse_args()
    height, width = SIZES.picture
    print(f"{args.frames} frames of {width}x{height}, {usable_cores()} cores")
    with tempfile.TemporaryDirectory() as folder:
        inputs = make_inputs(Path(folder), SIZES)
        for name in MEASURED:
            ours, other = compare(inputs, name, args.frames)
            parameters = sc.read_weights_info(name).parameters
            peak = peak_of_module("spikecam.bench.works", name, folder, "cpu")
            print(
                f"{name:<14} {parameters / 1e6:.3f} M  {ours / args.frames * 1e3:7.1f} ms a frame  "
                f"{other / ours:5.2f} x as fast as LDN's module  "
                + ("" if peak is None else f"{peak / 1e6:6.0f} MB")
            )


if __name__ == "__main__":
    main()
