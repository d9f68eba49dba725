"""Speed and memory of the networks on a picture of 1280x720, against LDN's plain module.

The plain module is called frame by frame, in float32, as a user of torch would; every frame of
every network is timed in turn with one of it, and what a network prepares for all of them is
counted. Picture and spikes are random, weights those that ship. Memory is the peak of a process
that does nothing else, on Linux only. ``spikecam bench speed`` measures each further frame.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spikecam as sc
from spikecam.bench.peak_memory import peak_memory_of_module
from spikecam.bench.speed_inputs import FULL, SpeedInputs, SpeedSizes, write_inputs
from spikecam.bench.workloads import NETWORKS, iter_plain_ldn
from spikecam.resources import usable_cores

SIZES = SpeedSizes(recording=(1, 8, 8), video=(1, 8, 8), picture=FULL.picture)
# Those that are called by their one file of weights.
MEASURED = [name for name in NETWORKS if name in sc.shipped_weights()]


def time_beside_plain_ldn(
    inputs: SpeedInputs, network_name: str, frame_count: int
) -> tuple[float, float]:
    """Seconds that a network takes for some frames, and that LDN's plain module takes.

    Preparation is included.
    """
    seconds = [0.0, 0.0]
    runs = [iter(NETWORKS[network_name](inputs, "cpu")), iter(iter_plain_ldn(inputs, "cpu"))]
    for _ in range(frame_count):
        for which, run in enumerate(runs):
            start = time.perf_counter()
            next(run)
            seconds[which] += time.perf_counter() - start
    return seconds[0], seconds[1]


def measure_networks(frame_count: int, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Measure time and peak memory of each network.

    Returns a row for each.
    """
    height, width = SIZES.picture
    say(f"{frame_count} frames of {width}x{height}, {usable_cores()} cores")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        inputs = write_inputs(Path(folder), SIZES)
        for name in MEASURED:
            ours, other = time_beside_plain_ldn(inputs, name, frame_count)
            parameters = sc.read_weights_info(name).parameters
            peak = peak_memory_of_module("spikecam.bench.workloads", name, folder, "cpu")
            rows.append(
                {
                    "weights": name,
                    "parameters": f"{parameters / 1e6:.3f} M",
                    "ms a frame": ours / frame_count * 1e3,
                    "x plain LDN": other / ours,
                    "peak MB": None if peak is None else peak / 1e6,
                }
            )
            say(f"{name:<14} {ours / frame_count * 1e3:7.1f} ms a frame")
    return rows
