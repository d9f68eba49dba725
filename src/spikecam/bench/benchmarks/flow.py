"""Optical flow on simulated scenes whose motion is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class FlowOptions:
    """Options of the benchmark.

    Attributes:
        method: to score; by default every method of flow that needs no weights or has them.
        scflow: weights of scflow, by name or file, in place of your own of that name.
        spacing: frames between the two moments that these were trained for.
        limit: only the first so many scenes.
    """

    method: tuple[str, ...] = ()
    scflow: Path | None = None
    spacing: int | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(None, self.limit)
        if self.spacing is not None and self.spacing < 1:
            raise OptionError(f"the spacing is at least 1 frame, not {self.spacing}")


def run(options: FlowOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the end-point error of each method over 10 and over 50 frames.
    """
    from spikecam.bench.flow import score_flow

    methods = options.method
    if options.scflow is not None:
        methods = tuple(dict.fromkeys((*(methods or ("paths",)), "scflow")))
    values: dict[str, Any] = {"weights": options.scflow, "spacing": options.spacing}
    return score_flow(
        methods or None,
        options={name: value for name, value in values.items() if value is not None},
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="flow",
    summary="end-point errors of optical flow on simulated scenes whose motion is known",
    options=FlowOptions,
    run=run,
)
