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

    The report has the mean PSNR of each method in each situation.
    """
    from spikecam.bench.report import Report, Table
    from spikecam.bench.situations import METHODS, count_photos, iter_scores

    rows: list[dict[str, Any]] = [{"method": label} for label in METHODS]
    notes = ["gain and offset are fitted to the true picture"]
    for situation, scores, chosen in iter_scores(options.limit, context.say):
        for row in rows:
            row[situation.name] = round(scores[row["method"]], 1)
        notes.append(f"{situation.name}, chosen without --method: {chosen}")
    count = count_photos(options.limit)
    source = f"{count} photograph{'' if count == 1 else 's'} of scikit-image, simulated"
    title = "Pictures from spikes alone by situation, mean PSNR ↑ in dB"
    return Report(
        "situations",
        "Methods by situation",
        source,
        context.command,
        [Table("situations", title, rows, notes)],
    )


BENCHMARK = Benchmark(
    name="situations",
    summary="which method suits bright, dark, fast, still and defocused scenes",
    options=SituationsOptions,
    run=run,
)
