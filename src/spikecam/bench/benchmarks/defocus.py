"""Scenes out of focus, by disc, by light and by frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class DefocusOptions:
    """Options of the benchmark.

    Attributes:
        data: folder of sharp pictures; by default eight of scikit-image.
        weights: of the network, a name or a file.
        limit: only the first so many pictures.
    """

    data: Path | None = None
    weights: str = "defocus"
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.limit)


def run(options: DefocusOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has tables of each metric by disc, light and frames.
    """
    from spikecam.bench.out_of_focus import score_defocus

    return score_defocus(
        options.data,
        weights=options.weights,
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="defocus",
    summary="scenes out of focus, by disc, by light and by frames",
    options=DefocusOptions,
    run=run,
)
