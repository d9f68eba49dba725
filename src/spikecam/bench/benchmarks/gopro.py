"""Deblurring at three thresholds, a sequence of 7 frames and its middle frame.

Several data sets stand side by side, such as one of the papers' protocol, in which values of
pictures are light, and one of real light.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class GoproOptions:
    """Options of the benchmark.

    Attributes:
        data: Spike-GOPRO, or folders with blur.png, spikes_v1.dat and sharp_020.png; by default
            simulated scenes, in the papers' protocol and in real light.
        method: METHOD[:WEIGHTS[,WEIGHTS]] to score; by default every method with a picture.
        metric: as for spikecam score; by default PSNR, SSIM, colour error, NIQE and BRISQUE, those
            that are installed.
        threshold: V_th.
        limit: only the first so many scenes.
        known_encoding: give methods the encoding of the pictures; else they measure it.
    """

    data: tuple[Path, ...] = ()
    method: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    threshold: tuple[int, ...] = (1, 2, 4)
    limit: int | None = None
    known_encoding: bool = False

    def __post_init__(self) -> None:
        for folder in self.data or (None,):
            check_data_and_limit(folder, self.limit)


def run(options: GoproOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has tables of the metrics, beside published figures.
    """
    from spikecam.bench.gopro import score_on_gopro

    return score_on_gopro(
        options.data,
        options.method or None,
        metrics=options.metric or None,
        thresholds=options.threshold,
        limit=options.limit,
        known_encoding=options.known_encoding,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="gopro",
    summary="deblurring at V_th 1, 2 and 4, a sequence and its middle frame",
    options=GoproOptions,
    run=run,
    description="SpikeReveal, Table 1; SpikeGen, Table 2.",
)
