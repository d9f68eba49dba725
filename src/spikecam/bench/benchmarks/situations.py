"""Which method suits which situation: light, motion and focus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class SituationsOptions:
    """Options of the benchmark.

    Attributes:
        limit: only the first so many photographs.
    """

    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(None, self.limit)


def run(options: SituationsOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the means of each metric, by method and situation.
    """
    from spikecam.bench.metric_availability import choose_metrics
    from spikecam.bench.report import Report, Table
    from spikecam.bench.situations import METHODS, METRIC_NAMES, count_photos, iter_scores
    from spikecam.metrics.score import METRICS

    names, missing = choose_metrics(None, METRIC_NAMES, context.say)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [{"method": label} for label in METHODS] for name in names
    }
    notes = ["gain and offset are fitted to the true picture", *missing.values()]
    choices = []
    for situation, scores, choice in iter_scores(names, options.limit, context.say):
        for name in names:
            for row in rows[name]:
                mean = scores[row["method"]][name]
                row[situation.name] = None if mean is None else round(mean, 1)
        choices.append(f"{situation.name}, chosen without --method: {choice}")
    count = count_photos(options.limit)
    source = f"{count} photograph{'' if count == 1 else 's'} of scikit-image, simulated"
    tables = [
        Table(
            "situations" if name == "psnr" else f"situations-{name}",
            f"Pictures from spikes alone by situation, mean {METRICS[name].heading}",
            rows[name],
            [*notes, *choices] if name == "psnr" else notes,
        )
        for name in names
    ]
    return Report(
        "situations",
        "Methods by situation",
        source,
        context.command,
        tables,
    )


BENCHMARK = Benchmark(
    name="situations",
    summary="which method suits bright, dark, fast, still and defocused scenes",
    options=SituationsOptions,
    run=run,
)
