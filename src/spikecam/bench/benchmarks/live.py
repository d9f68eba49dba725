"""Pictures a second that the live view shows of a fast camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class LiveOptions:
    """Options of the benchmark.

    Attributes:
        rate: frames a second that the camera sends.
        seconds: for how long.
    """

    rate: float = 20_000
    seconds: float = 10

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.seconds > 0):
            raise OptionError("rate and seconds are above 0")


def run(options: LiveOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the pictures a second of each live method.
    """
    from spikecam.bench.live import run_live_command
    from spikecam.bench.report import Report, Table
    from spikecam.online.methods import online_method_names

    rows = []
    for method in online_method_names():
        line = run_live_command(method, options.rate, options.seconds)
        context.say(f"{method:<6} {line}")
        rows.append({"method": method, "result": line})
    source = f"frames of 400x250, {options.rate:g} a second"
    table = Table("live", f"Live view of {source}", rows)
    return Report("live", "Live view", source, context.command, [table])


BENCHMARK = Benchmark(
    name="live",
    summary="pictures a second that the live view shows of a fast camera",
    options=LiveOptions,
    run=run,
)
