"""Size, speed and memory of networks that make a picture of a window of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class WindowNetworksOptions:
    """Options of the benchmark.

    Attributes:
        method: name of a network's method; by default all of other authors.
        size: WIDTHxHEIGHT of the spikes.
        frames: pictures of each network that are timed.
    """

    method: tuple[str, ...] = ()
    size: tuple[int, int] = (250, 400)
    frames: int = 2

    def __post_init__(self) -> None:
        from spikecam.reconstruction.window_network import find_window_network

        for name in self.method:
            find_window_network(name)
        if min(self.size) < 1:
            raise OptionError(f"sizes are at least 1 pixel a side, not {self.size}")
        if self.frames < 1:
            raise OptionError(f"at least 1 frame is timed, not {self.frames}")


def run(options: WindowNetworksOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report."""
    from spikecam.bench.report import Report, Table
    from spikecam.bench.window_networks import measure_window_networks

    height, width = options.size
    rows = measure_window_networks(options.method, options.size, options.frames, context.say)
    table = Table("window_networks", f"Networks on spikes of {width}x{height}", rows)
    return Report("window_networks", "Networks", "a moving pattern", context.command, [table])


BENCHMARK = Benchmark(
    name="window-networks",
    summary="size, speed and memory of networks that make a picture of a window of spikes",
    options=WindowNetworksOptions,
    run=run,
    description=(
        "Weights are random. Seconds are those of a further frame of a film; it is made in turns "
        "with the plain module, which is called frame by frame in float32. Memory is the peak of a "
        "process of its own, on Linux only."
    ),
)
