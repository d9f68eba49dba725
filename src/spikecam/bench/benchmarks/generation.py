"""SpikeGen with both inputs and each alone, its steps, and dense reconstruction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class GenerationOptions:
    """Options of the benchmark.

    Attributes:
        data: as for gopro.
        dense: folder of NAME.dat with NAME.png of frame 150, as in SREDS; by default simulated.
        weights: of SpikeGen, a name or a file.
        autoencoder: that they are for, a name or a file.
        threshold: V_th.
        steps: of DDIM, in the table of steps.
        limit: only the first so many scenes and recordings.
    """

    data: Path | None = None
    dense: Path | None = None
    weights: str = "spikegen"
    autoencoder: str = "autoencoder"
    threshold: tuple[int, ...] = (1, 2, 4)
    steps: tuple[int, ...] = (1, 2, 5, 10, 50, 100)
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.limit)
        check_data_and_limit(self.dense, self.limit)


def run(options: GenerationOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has tables of deblurring, dense reconstruction, and steps.
    """
    from spikecam.bench.generation import score_spikegen

    return score_spikegen(
        options.data,
        options.dense,
        weights=(options.weights, options.autoencoder),
        thresholds=options.threshold,
        steps=options.steps,
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="generation",
    summary="SpikeGen with both inputs and each alone, its steps, and dense reconstruction",
    options=GenerationOptions,
    run=run,
)
