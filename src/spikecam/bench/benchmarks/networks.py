"""Speed and memory of the networks on a picture of 1280x720."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class NetworksOptions:
    """Options of the benchmark.

    Attributes:
        frames: pictures of each network, 1 to 97.
    """

    frames: int = 97

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 97:
            raise OptionError(f"frames are 1 to 97, not {self.frames}")


def run(options: NetworksOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has time and memory of each network.
    """
    from spikecam.bench.networks import measure_networks
    from spikecam.bench.report import Report, Table

    rows = measure_networks(options.frames, context.say)
    table = Table("networks", "Networks on a picture of 1280x720", rows)
    return Report("networks", "Networks", "random inputs", context.command, [table])


BENCHMARK = Benchmark(
    name="networks",
    summary="speed and memory of the networks on a picture of 1280x720",
    options=NetworksOptions,
    run=run,
    description=(
        "LDN's plain module is called frame by frame in float32, as a user of torch would. Memory "
        "is the peak of a process of its own, on Linux only."
    ),
)
