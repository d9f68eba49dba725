"""Speed and memory, beside plain implementations, another toolbox and limits of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class SpeedOptions:
    """Options of the benchmark.

    Attributes:
        check: fail where anything is much slower than its plain implementation allows.
        quick: smaller sizes, fewer rounds.
    """

    check: bool = False
    quick: bool = False


def run(options: SpeedOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has times and ratios, and plots where a folder is given.
    """
    from spikecam.bench import regression_limits, scaling, speed_inputs
    from spikecam.bench.report import Report, Table
    from spikecam.bench.speed import describe_machine, measure_speed
    from spikecam.bench.startup import measure_startup

    if context.output_folder is not None:
        scaling.check_plot_folder(context.output_folder)
    context.say(describe_machine())
    tables = [Table("startup", "Time until anything happens", measure_startup(context.say))]
    rows = measure_speed(
        speed_inputs.QUICK if options.quick else speed_inputs.FULL, say=context.say
    )
    tables.append(Table("speed", f"Speed ({describe_machine()})", rows))
    if context.output_folder is not None:
        steps = scaling.QUICK if options.quick else scaling.FULL
        grown = scaling.measure_growth(context.output_folder, steps, say=context.say)
        tables.append(Table("growth", "Growth of time with size, as a power", grown))
    failures = []
    if options.check:
        failures = [f"too slow: {failure}" for failure in regression_limits.find_regressions(rows)]
        if not failures:
            context.say("nothing is slower than it may be")
    return Report("speed", "Speed", describe_machine(), context.command, tables, failures=failures)


BENCHMARK = Benchmark(
    name="speed",
    summary="speed and memory, beside plain implementations and the limits of the machine",
    options=SpeedOptions,
    run=run,
    description=(
        "All that is compared is timed in turns. The networks run on a GPU, too, where there is "
        "one; the other toolbox is spikezoo, where it is installed."
    ),
)
