"""Size, speed and memory of networks that make a picture of a window of spikes.

    python -m spikecam.bench.window_networks NAME WIDTHxHEIGHT

makes two neighbouring pictures by one of them, and prints the seconds of the second, giga-multiply-
accumulates, and how much memory that took at most. Spikes and weights are random.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench.peak_memory import output_of_module, own_peak_memory
from spikecam.bench.published_figures import reds_base_figures
from spikecam.networks.architecture import find_architecture
from spikecam.reconstruction.window_network import count_frames, find_window_network
from spikecam.train.published_training import PUBLISHED_TRAININGS

# Frames around a window that the input of a network may depend on, and firing rate of the spikes.
_MARGIN, _RATE = 100, 0.3
_MEGA, _GIGA = 1e6, 1e9
# Names in the published table, where they are others.
_PUBLISHED_NAMES = {"base": "five convolutions"}
_CARD = sc.Card("random", "random weights", "none", "none", "none", "MIT", (), "none")


def measure_window_networks(
    names: tuple[str, ...], size: tuple[int, int], say: Callable[[str], None] = print
) -> list[dict[str, Any]]:
    """Measure networks, each in a process of its own.

    Args:
        names: of methods; none for those whose training is published.
        size: height and width.
        say: takes a line of progress.

    Returns:
        A row for each.
    """
    figures = {name.lower(): row for name, row in reds_base_figures().items()}
    height, width = size
    rows = []
    for name in names or tuple(PUBLISHED_TRAININGS):
        arguments = (name, f"{width}x{height}")
        words = output_of_module("spikecam.bench.window_networks", *arguments).split()
        count, macs, seconds, peak = (float(word) if word != "None" else None for word in words)
        published = figures.get(_PUBLISHED_NAMES.get(name, name).lower())
        rows.append(
            {
                "method": name,
                "parameters, M": None if count is None else count / _MEGA,
                "GMAC": None if macs is None else macs / _GIGA,
                "s a frame": seconds,
                "peak MB": None if peak is None else peak / _MEGA,
                "published PSNR on REDS-BASE": published["psnr"] if published else None,
            }
        )
        say(f"{name}: {seconds:.2f} s a frame")
    return rows


def measure_window_network(name: str, size: tuple[int, int]) -> tuple[int, float, float]:
    """Parameters, multiply-accumulates and seconds of a picture of a network."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    kind = find_window_network(name).kind
    architecture = find_architecture(kind)
    config, input_config = architecture.config(), architecture.input_config()
    torch.manual_seed(0)
    network = architecture.load_class()(config, input_config)
    length = count_frames(config, input_config) + 2 * _MARGIN
    spikes = np.random.default_rng(0).random((length, *size), np.float32) < _RATE
    stream, first = sc.SpikeStream.from_array(spikes), length // 2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        sc.save_weights(path, network, _CARD)
        pictures = sc.reconstruct_frames(stream, name, frames=range(first, first + 2), weights=path)
        with FlopCounterMode(display=False) as counter:
            next(pictures)
        start = time.perf_counter()
        next(pictures)
        seconds = time.perf_counter() - start
    parameters = sum(values.numel() for values in network.parameters())
    # The counter takes a multiplication and an addition for two.
    return parameters, counter.get_total_flops() / 2, seconds


def _main(name: str, size: str) -> None:
    width, height = map(int, size.split("x"))
    print(*measure_window_network(name, (height, width)), own_peak_memory())


if __name__ == "__main__":
    _main(*sys.argv[1:])
