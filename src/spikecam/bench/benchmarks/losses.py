"""What each part of the loss of S-SDM's student is worth, by training without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit
from spikecam.train.recipes.ldn import LDNOptions

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class LossesOptions:
    """Options of the benchmark.

    Attributes:
        data: data sets to train with.
        judge: what the students are scored on, as for gopro; by default simulated scenes.
        limit: only the first so many scenes.
        training: of every run, but for its loss.
    """

    data: tuple[Path, ...] = ()
    judge: Path | None = None
    limit: int | None = None
    training: LDNOptions = field(default_factory=LDNOptions)

    def __post_init__(self) -> None:
        check_data_and_limit(self.judge, self.limit)


def run(options: LossesOptions, context: RunContext) -> Report:
    """Run the benchmark: train a student by each loss, and report their scores."""
    from spikecam.bench.losses import score_losses
    from spikecam.train.engine.job import RunReport, TrainingJob

    assert context.output_folder is not None
    job = TrainingJob(
        options.data, context.output_folder, RunReport(context.say, command=context.command)
    )
    return score_losses(job, options.judge, options.training, limit=options.limit, say=context.say)


BENCHMARK = Benchmark(
    name="losses",
    summary="what each part of the student's loss is worth: six trainings",
    options=LossesOptions,
    run=run,
    description=(
        "SpikeReveal, Table 3. A run that was stopped goes on when the command is repeated."
    ),
    needs_out=True,
)
