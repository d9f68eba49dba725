"""Options of the benchmark of new views."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spikecam.bench.benchmark import check_data_and_limit
from spikecam.errors import OptionError


@dataclass(frozen=True)
class ViewsOptions:
    """Options of the benchmark.

    Attributes:
        data: folder of a scene of NeRF's synthetic data set, with transforms_train.json and
            transforms_test.json; by default the street scene, which spikecam draws.
        method: rows to measure; by default all.
        size: height and width of the spikes; by default 200 x 200, or 250 x 400 of the street.
        frames: of the flight.
        steps: of each fit.
        gaussians: of each fit.
        truth_steps: of the fit to all clear pictures of the data set, whose views are the light of
            the flight.
        truth: .ply file of that fit: read where it exists, otherwise written.

    Raises:
        FileError, OptionError: options that cannot be.
    """

    data: Path | None = None
    method: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    frames: int = 6000
    steps: int = 6000
    gaussians: int = 20_000
    truth_steps: int = 12_000
    truth: Path | None = None

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, None)
        for name in ("frames", "steps", "gaussians", "truth_steps"):
            if getattr(self, name) < 4:
                raise OptionError(f"{name} is at least 4, not {getattr(self, name)}")
