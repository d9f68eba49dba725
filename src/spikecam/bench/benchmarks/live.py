"""Pictures a second that the live view shows of a fast camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


_PIPE_RATE, _FULL_RATE = 20_000, 40_000
_FULL_SHAPE = 1000, 1000
# What such a camera records in a sixtieth of a second.
_FULL_WINDOW = 667


@dataclass(frozen=True)
class LiveOptions:
    """Options of the benchmark.

    Attributes:
        rate: frames a second that the camera sends.
        seconds: for how long.
        shared_memory: measure TFP of a camera of 1000x1000 that writes 40,000 frames a second, or
            ``rate``, to shared memory, without a page.
        record_before: of such a camera also record a moment, with so many seconds before it.
    """

    rate: float | None = None
    seconds: float = 10
    shared_memory: bool = False
    record_before: float | None = None

    def __post_init__(self) -> None:
        if not ((self.rate is None or self.rate > 0) and self.seconds > 0):
            raise OptionError("rate and seconds are above 0")
        if self.record_before is not None and not self.shared_memory:
            raise OptionError("a moment is recorded with --shared-memory; add it")


def run(options: LiveOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the pictures a second of each live method.
    """
    from spikecam.bench.live import measure_shared_memory, run_live_command
    from spikecam.bench.report import Report, Table
    from spikecam.online.methods import online_method_names

    if options.shared_memory:
        rate = options.rate or _FULL_RATE
        row = measure_shared_memory(
            _FULL_SHAPE, rate, options.seconds, _FULL_WINDOW, options.record_before
        )
        source = f"{row['size']}, {rate:g} frames a second, TFP of {_FULL_WINDOW} frames"
        table = Table("shared-memory", f"Shared memory: {source}", [row])
        return Report("live", "Live view", source, context.command, [table])
    rate = options.rate or _PIPE_RATE
    rows = []
    for method in online_method_names():
        line = run_live_command(method, rate, options.seconds)
        context.say(f"{method:<6} {line}")
        rows.append({"method": method, "result": line})
    source = f"frames of 400x250, {rate:g} a second"
    table = Table("live", f"Live view of {source}", rows)
    return Report("live", "Live view", source, context.command, [table])


BENCHMARK = Benchmark(
    name="live",
    summary="pictures a second that the live view shows of a fast camera",
    options=LiveOptions,
    run=run,
)
