"""Speed and memory of the networks on a picture of 1280x720, against LDN's plain module.

    python -m spikecam.bench.networks [--frames N]

The plain module is called frame by frame, in float32, as a user of torch would; every frame of
every network is timed in turn with one of it. Picture and spikes are random, weights those that
ship. Memory is the peak of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch

import spikecam as sc
from spikecam.picture import Picture

HEIGHT, WIDTH = 720, 1280
# Methods of the weights that are measured.
METHODS = {"ldn": "ldn", "refined": "refined", "refined-small": "refined"}


def pair() -> tuple[Picture, sc.SpikeStream]:
    """A blurry picture and spikes, both random."""
    rng = np.random.default_rng(0)
    spikes = rng.random((137, HEIGHT // 4, WIDTH // 4), np.float32) < 0.3
    return rng.random((HEIGHT, WIDTH, 3), np.float32), sc.SpikeStream.from_array(spikes)


def pictures(name: str, frames: int) -> Iterator[Picture]:
    """Frames of the exposure, as ``spikecam deblur`` makes them, one by one."""
    blur, stream = pair()
    chosen = range(20, 20 + frames)
    yield from sc.deblurred_frames(blur, stream, frames=chosen, method=METHODS[name], weights=name)


def plain(frames: int) -> Iterator[torch.Tensor]:
    """The same frames by LDN's module, each by itself."""
    blur, stream = pair()
    network, _ = sc.load_weights("ldn")
    picture = torch.from_numpy(blur).permute(2, 0, 1)[None].contiguous()
    for frame in range(20, 20 + frames):
        spikes = np.asarray(stream[frame - 10 : frame + 11]).astype(np.float32)
        with torch.inference_mode():
            yield network(picture, torch.from_numpy(spikes)[None]).clamp(0, 1)


def compare(name: str, frames: int) -> tuple[float, float]:
    """Seconds for all frames of a network, with all that it prepares, and of the plain module."""
    taken = [0.0, 0.0]
    runs = [pictures(name, frames), plain(frames)]
    for _ in range(frames):
        for which, run in enumerate(runs):
            start = time.perf_counter()
            next(run)
            taken[which] += time.perf_counter() - start
    return taken[0], taken[1]


def peak_memory(name: str, frames: int) -> int:
    """Bytes that a process takes at most that makes the frames by this network."""
    command = [sys.executable, "-m", "spikecam.bench.networks", "--only", name]
    made = subprocess.run(
        [*command, "--frames", str(frames)], check=True, capture_output=True, text=True
    )
    return int(made.stdout)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=97)
    parser.add_argument("--only", choices=METHODS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        for _ in pictures(args.only, args.frames):
            pass
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)
        return
    print(f"{args.frames} frames of {WIDTH}x{HEIGHT}, {os.cpu_count()} cores")
    for name in METHODS:
        ours, other = compare(name, args.frames)
        parameters = sc.read_card(name)[2]
        print(
            f"{name:<14} {parameters / 1e6:.3f} M  {ours / args.frames * 1e3:7.1f} ms a frame  "
            f"{other / ours:5.2f} x as fast as LDN's module  "
            f"{peak_memory(name, args.frames) / 1e6:6.0f} MB"
        )


if __name__ == "__main__":
    main()
