"""Size, speed and memory of networks that make a picture of a window of spikes.

    python -m spikecam.bench.window_networks NAME WIDTHxHEIGHT FRAMES

makes pictures of a film by one of them, in turns with its plain module, which is called frame by
frame in float32. It prints parameters, multiply-accumulates, seconds of a further picture of each,
and how much memory ours took at most. Spikes are those of a moving pattern, weights are random.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import spikecam as sc
from spikecam.bench.peak_memory import output_of_module, own_peak_memory
from spikecam.bench.published_figures import reds_base_figures
from spikecam.bench.speed_inputs import simulate_moving_pattern
from spikecam.bench.timing import first_and_median_item_seconds
from spikecam.networks.architecture import find_architecture
from spikecam.reconstruction.window_network import (
    WindowNetworkMethod,
    count_frames,
    find_window_network,
)
from spikecam.train.published_training import PUBLISHED_TRAININGS

_MEGA, _GIGA = 1e6, 1e9
# Names in the published table, where they are others.
_PUBLISHED_NAMES = {"base": "five convolutions"}
_CARD = sc.Card("random", "random weights", "none", "none", "none", "MIT", (), "none")


class WindowNetworkFigures(NamedTuple):
    """Figures of a network.

    Attributes:
        parameters: how many numbers its weights are.
        macs: multiply-accumulates of a picture by the plain module.
        seconds: of a further picture of a film.
        plain_seconds: of a picture by the plain module.
        peak_bytes: memory that ours took at most; None where it cannot be told.
    """

    parameters: int
    macs: float
    seconds: float
    plain_seconds: float
    peak_bytes: int | None


def measure_window_networks(
    names: tuple[str, ...],
    size: tuple[int, int],
    frame_count: int,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Measure networks, each in a process of its own.

    Args:
        names: of methods; none for those whose training is published.
        size: height and width.
        frame_count: pictures that are timed of each.
        say: takes a line of progress.

    Returns:
        A row for each.
    """
    published_figures = {name.lower(): row for name, row in reds_base_figures().items()}
    height, width = size
    rows = []
    for name in names or tuple(PUBLISHED_TRAININGS):
        output = output_of_module(
            "spikecam.bench.window_networks", name, f"{width}x{height}", str(frame_count)
        )
        figures = WindowNetworkFigures(**json.loads(output))
        published = published_figures.get(_PUBLISHED_NAMES.get(name, name).lower())
        peak = figures.peak_bytes
        rows.append(
            {
                "method": name,
                "parameters, M": figures.parameters / _MEGA,
                "GMAC": figures.macs / _GIGA,
                "s a frame": figures.seconds,
                "x plain": figures.plain_seconds / figures.seconds,
                "peak MB": None if peak is None else peak / _MEGA,
                "published PSNR on REDS-BASE": published["psnr"] if published else None,
            }
        )
        say(f"{name}: {figures.seconds:.2f} s a frame")
    return rows


def measure_window_network(
    name: str, size: tuple[int, int], frame_count: int
) -> WindowNetworkFigures:
    """Measure a network on spikes of a height and width, by so many pictures after the first."""
    import torch

    method = find_window_network(name)
    architecture = find_architecture(method.kind)
    config, input_config = architecture.config(), architecture.input_config()
    torch.manual_seed(0)
    network: Any = architecture.load_class()(config, input_config).eval().requires_grad_(False)
    # Short windows are shared by every so many frames, or after as many by neighbouring ones.
    step = config.step if hasattr(network, "encode_window") else 1
    margin = method.margin(input_config) + count_frames(config, input_config) // 2
    stream = simulate_moving_pattern(2 * margin + 1 + step * (frame_count + 2), *size)
    frames = range(margin, len(stream) - margin, step)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        sc.save_weights(path, network, _CARD)
        ours = iter(sc.reconstruct_frames(stream, name, frames=frames, weights=path))
        next(ours), next(ours)
        peak = own_peak_memory()
        plain = iter_plain_outputs(method, network, stream, frames)
        times = first_and_median_item_seconds([ours, plain], frame_count)
    macs = count_macs(network, next(_iter_inputs(method, network, stream, frames)))
    parameters = sum(values.numel() for values in network.parameters())
    return WindowNetworkFigures(parameters, macs, times[0][1], times[1][1], peak)


def iter_plain_outputs(
    method: WindowNetworkMethod, network: Any, stream: sc.SpikeStream, frames: Sequence[int]
) -> Iterator[Any]:
    """Yield what a network's plain module gives of frames, each by itself, in float32."""
    import torch

    run = _plain_module(network)
    for inputs in _iter_inputs(method, network, stream, frames):
        with torch.inference_mode():
            yield run(inputs)


def count_macs(network: Any, inputs: Any) -> float:
    """Count the multiply-accumulates of a network's plain module."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        _plain_module(copy.deepcopy(network).to("meta"))(inputs.to("meta"))
    # The counter takes a multiplication and an addition for two.
    return float(counter.get_total_flops()) / 2


def _plain_module(network: Any) -> Callable[[Any], Any]:
    from spikecam.bench.reference_implementations import wgse
    from spikecam.networks.wgse import WGSE

    return partial(wgse, network) if isinstance(network, WGSE) else network


def _iter_inputs(
    method: WindowNetworkMethod, network: Any, stream: sc.SpikeStream, frames: Sequence[int]
) -> Iterator[Any]:
    count = count_frames(network.config, network.input_config)
    for frame in frames:
        start = frame - count // 2
        yield method.read_input(network.input_config, stream, (start, start + count))


def _main(name: str, size: str, frame_count: str) -> None:
    width, height = map(int, size.split("x"))
    figures = measure_window_network(name, (height, width), int(frame_count))
    print(json.dumps(figures._asdict()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
