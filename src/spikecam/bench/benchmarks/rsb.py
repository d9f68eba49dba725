"""Deblurring of real pairs without truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class RsbOptions:
    """Options of the benchmark.

    Attributes:
        data: RSB; by default simulated recordings of 400 frames.
        method: METHOD[:WEIGHTS[,WEIGHTS]] to score; by default every method with a picture.
        metric: one that needs no truth; by default LIQE, NIQE and BRISQUE where they are
            installed.
        limit: only the first so many pairs.
    """

    data: Path | None = None
    method: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.limit)


def run(options: RsbOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the scores of each method by scene.
    """
    from spikecam.bench.rsb import score_on_rsb

    return score_on_rsb(
        options.data,
        options.method or None,
        metrics=options.metric or None,
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="rsb",
    summary="deblurring of real pairs, without truth",
    options=RsbOptions,
    run=run,
    description="SpikeReveal, Table 4.",
)
