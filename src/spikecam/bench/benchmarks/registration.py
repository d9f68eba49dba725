"""Registration of a second camera: simulated rigs, or real pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext, check_data_and_limit

if TYPE_CHECKING:
    from spikecam.bench.report import Report


_PHOTOS = ("astronaut", "chelsea", "coffee")


@dataclass(frozen=True)
class RegistrationOptions:
    """Options of the benchmark.

    Attributes:
        data: folder of photographs for simulated rigs, by default three of scikit-image; or of
            real pairs, NAME.npy of spike counts with NAME.jpg.
        rigs: how many rigs are simulated.
    """

    data: Path | None = None
    rigs: int = 60

    def __post_init__(self) -> None:
        check_data_and_limit(self.data, self.rigs)


def run(options: RegistrationOptions, context: RunContext) -> Report:
    """Run the benchmark: align camera pairs, and report the errors of alignment."""
    import tempfile

    from skimage import data

    from spikecam.bench.registration import (
        print_alignment_errors_of_simulated_pairs,
        print_alignment_of_real_pairs,
    )
    from spikecam.bench.report import Report, Table
    from spikecam.io.pictures import is_picture, write_picture

    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        context.say(line)

    if options.data is None:
        with tempfile.TemporaryDirectory() as folder:
            for name in _PHOTOS:
                write_picture(Path(folder) / f"{name}.png", getattr(data, name)())
            print_alignment_errors_of_simulated_pairs(
                sorted(Path(folder).iterdir()), options.rigs, say
            )
    elif any(options.data.glob("*.npy")):
        print_alignment_of_real_pairs(options.data, say)
    else:
        photos = [path for path in sorted(options.data.iterdir()) if is_picture(path)]
        print_alignment_errors_of_simulated_pairs(photos, options.rigs, say)
    rows = [{"result": line} for line in lines]
    table = Table("registration", "Alignment of a second camera", rows)
    return Report(
        "registration",
        "Registration",
        str(options.data or "photographs of scikit-image"),
        context.command,
        [table],
    )


BENCHMARK = Benchmark(
    name="registration",
    summary="how well a second camera is aligned with the spikes",
    options=RegistrationOptions,
    run=run,
    description=(
        "Simulated: a spike camera beside a picture, turned by up to 10 degrees, shifted by up to "
        "a fifth of the view and tilted, with pixels 2 to 4 times as large."
    ),
)
