"""Calibration of a fixed pattern from uniform fields, and the gain of its correction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class FixedPatternOptions:
    """Options of the benchmark.

    Attributes:
        data: a measured map, .npz.
        photo: a photograph to correct; by default one of scikit-image.
        frames: of each uniform field.
    """

    data: Path | None = None
    photo: Path | None = None
    frames: int = 2000

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise OptionError(f"frames are at least 1, not {self.frames}")


def run(options: FixedPatternOptions, context: RunContext) -> Report:
    """Run the benchmark: recover a fixed pattern from simulated fields, and report the errors."""
    import tempfile

    from spikecam.bench.fixed_pattern import measure_pattern_recovery
    from spikecam.bench.report import Report, Table
    from spikecam.io.pictures import write_picture

    if options.data is None:
        raise OptionError("fixed-pattern needs a measured map, as spikecam calibrate fpn writes it")
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        context.say(line)

    with tempfile.TemporaryDirectory() as folder:
        photo = options.photo
        if photo is None:
            from skimage import data

            photo = Path(folder) / "coffee.png"
            write_picture(photo, data.coffee())  # type: ignore[no-untyped-call]
        measure_pattern_recovery(options.data, photo, options.frames, say)
    rows = [{"result": line} for line in lines]
    table = Table("fixed_pattern", "Fixed pattern from uniform fields", rows)
    return Report("fixed_pattern", "Fixed pattern", str(options.data), context.command, [table])


BENCHMARK = Benchmark(
    name="fixed-pattern",
    summary="how well a fixed pattern is recovered, and what its correction gains",
    options=FixedPatternOptions,
    run=run,
)
