"""Time and peak memory of what runs for long: recordings of 2 GB, and whole data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class StreamingOptions:
    """Options of the benchmark.

    Attributes:
        data: folder of photographs: data sets of 25 and of 100 sequences are made of them instead.
    """

    data: Path | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, None)


def run(options: StreamingOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has peak memory and time of streaming long recordings.
    """
    from spikecam.bench.report import Report, Table
    from spikecam.bench.streaming import measure_streaming, measure_synth_command

    if options.data is not None:
        rows = measure_synth_command(options.data, context.say)
        title = "Making data sets"
    else:
        rows = [
            *measure_streaming(160_000, 250, 400, context.say),
            *measure_streaming(16_000, 1000, 1000, context.say),
        ]
        title = "Streaming 2 GB to a video"
    table = Table("streaming", title, rows)
    return Report("streaming", "Long runs", "simulated recordings", context.command, [table])


BENCHMARK = Benchmark(
    name="streaming",
    summary="time and peak memory of recordings of 2 GB, and of making data sets",
    options=StreamingOptions,
    run=run,
    description="On Linux, where a process can tell its peak. It takes most of an hour.",
)
