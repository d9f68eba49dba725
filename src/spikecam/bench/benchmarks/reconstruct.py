"""Pictures from spikes alone, by all methods."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class ReconstructOptions:
    """Options of the benchmark.

    Attributes:
        data: recordings with a sharp picture of frame 150 each, as in REDS-BASE and SREDS, or
            recordings alone; by default films are simulated, by speed, light and noise.
        method: METHOD[:WINDOW][+STAGE] to score, with mimounet, nrknet or gkmnet as a second stage;
            by default every method that takes spikes alone.
        metric: as for spikecam score.
        slow: Also the methods that take seconds a frame: networks.
        white: Spikes a frame of white, of recordings with a picture: 0.6 in REDS-BASE.
        size: WIDTHxHEIGHT of recordings alone.
        camera: name of their camera.
        limit: only the first so many recordings, or photographs.
    """

    data: Path | None = None
    method: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    slow: bool = False
    white: float = 0.6
    size: tuple[int, int] | None = None
    camera: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.limit)
        if self.size is not None and self.camera is not None:
            raise OptionError("--size and --camera both say how large frames are; give one")
        if not 0 < self.white <= 1:
            raise OptionError(f"white fires in a share of frames above 0, at most 1: {self.white}")


def run(options: ReconstructOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has all metrics of each method, beside published figures.
    """
    if options.data is None:
        from spikecam.bench.reconstruct_films import score_films

        return score_films(
            options.method or None,
            metrics=options.metric or None,
            slow=options.slow,
            limit=options.limit,
            plot_folder=context.output_folder,
            command=context.command,
            say=context.say,
        )
    from spikecam.bench.reconstruct import score_reconstructions

    return score_reconstructions(
        options.data,
        options.method or None,
        metrics=options.metric or None,
        camera=options.camera if options.size is None else options.size[::-1],
        white_rate=options.white,
        slow=options.slow,
        limit=options.limit,
        command=context.command,
        say=context.say,
    )


BENCHMARK = Benchmark(
    name="reconstruct",
    summary="pictures from spikes alone",
    options=ReconstructOptions,
    run=run,
    description="SpikeGen, Table 3; Spike-Zoo's table on REDS-BASE; films with fast motion.",
)
