"""New views from spikes, photographs and pictures (SpikeGen Tables 4 and 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.bench.views_options import ViewsOptions

if TYPE_CHECKING:
    from spikecam.bench.report import Report


def run(options: ViewsOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has PSNR and SSIM on clear test views, and the time of each fit.
    """
    from spikecam.bench.views import score_views

    return score_views(options, command=context.command, say=context.say)


BENCHMARK = Benchmark(
    name="views",
    summary="new views of a scene that a spike camera flew around",
    options=ViewsOptions,
    run=run,
)
