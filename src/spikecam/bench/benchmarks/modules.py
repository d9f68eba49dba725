"""What each module of S-SDM adds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class ModulesOptions:
    """Options of the benchmark.

    Attributes:
        data: as for gopro.
        bsn: weights of BSN, a name or a file.
        edsr: weights of EDSR, a name or a file.
        ldn: weights of LDN, a name or a file.
        limit: only the first so many scenes.
    """

    data: Path | None = None
    bsn: str = "bsn"
    edsr: str = "edsr"
    ldn: str = "ldn"
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.limit)


def run(options: ModulesOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the scores with more and more modules of S-SDM.
    """
    from spikecam.bench.gopro import score_modules

    return score_modules(
        options.data,
        weights=(options.bsn, options.edsr, options.ldn),
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="modules",
    summary="what each module of S-SDM adds",
    options=ModulesOptions,
    run=run,
    description="SpikeReveal, Table 2.",
)
