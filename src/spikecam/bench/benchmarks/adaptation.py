"""What adapting to a camera gains, on pictures that training never saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class AdaptationBenchmarkOptions:
    """Options of the benchmark.

    Attributes:
        data: folder of photographs.
        captures: pairs that the network is adapted with.
        weights: to start from, a name or a file.
    """

    data: Path | None = None
    captures: int = 60
    weights: str = "refined"

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, None)
        if self.captures < 1:
            raise OptionError(f"captures are at least 1, not {self.captures}")


def run(options: AdaptationBenchmarkOptions, context: RunContext) -> Report:
    """Run the benchmark: adapt to a simulated rig, and report PSNR before and after."""
    from spikecam.bench.adaptation import make_rig_data_set, mean_test_psnr
    from spikecam.bench.report import Report, Table
    from spikecam.train.engine.job import RunReport, TrainingJob
    from spikecam.train.recipes.adaptation import AdaptationOptions, adapt

    if options.data is None:
        raise OptionError("adaptation needs a folder of photographs")
    assert context.output_folder is not None
    rig = make_rig_data_set(options.data, context.output_folder, options.captures)
    rows = [
        {"method": "sdm", "PSNR ↑": mean_test_psnr(rig, "sdm")},
        {"method": options.weights, "PSNR ↑": mean_test_psnr(rig, "refined", options.weights)},
    ]
    out = context.output_folder / "adapted.safetensors"
    # Only train and val are captures; the score is of test.
    job = TrainingJob([rig], out, RunReport(context.say, command=context.command))
    adapt(job, AdaptationOptions(weights=options.weights))
    rows.append({"method": "adapted", "PSNR ↑": mean_test_psnr(rig, "refined", str(out))})
    table = Table("adaptation", "Adaptation to a simulated rig", rows)
    return Report("adaptation", "Adaptation", str(options.data), context.command, [table])


BENCHMARK = Benchmark(
    name="adaptation",
    summary="what adapting to a camera gains, on pictures that training never saw",
    options=AdaptationBenchmarkOptions,
    run=run,
    description=(
        "The rig is simulated: little light, a fixed pattern that is not corrected, shot and "
        "reset noise, V_th = 6. Adapting sees its blurry pictures and spikes alone."
    ),
    needs_out=True,
)
