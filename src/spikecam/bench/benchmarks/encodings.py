"""How well the encoding of pictures is measured, and which pairs are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.errors import OptionError

if TYPE_CHECKING:
    from spikecam.bench.report import Report


@dataclass(frozen=True)
class EncodingsOptions:
    """Options of the benchmark.

    Attributes:
        rigs: number of simulated rigs, at most 60.
    """

    rigs: int = 60

    def __post_init__(self) -> None:
        if not 2 <= self.rigs <= 60:
            raise OptionError(f"rigs are 2 to 60, not {self.rigs}")


def run(options: EncodingsOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has errors of the measured curves, and shares of pairs that are refused. A refused
    pair of one scene is a failure.
    """
    from itertools import chain

    from spikecam.bench.encodings import (
        count_refused,
        iter_wrong_pairs,
        make_rigs,
        make_scenes,
        measure_curve_errors,
        record_pair,
        summarise_errors,
    )
    from spikecam.bench.report import Report, Table

    scenes = make_scenes()
    pairs, errors = [], []
    for rig in make_rigs(options.rigs):
        pair = record_pair(rig, scenes[rig.scene])
        one = measure_curve_errors(pair)
        pairs.append(pair)
        errors.append(one)
        result = "refused" if one.measured is None else f"{one.measured}, mean {one.mean:.4f}"
        context.say(f"{rig.curve}, V_th {rig.threshold}, {rig.amiss}: {result}")
    true_pairs = (("one scene", pair.picture, pair.stream, pair.exposure) for pair in pairs)
    refused = count_refused(chain(true_pairs, iter_wrong_pairs(pairs)))
    note = "absolute difference of light, in units of white, over all values from 0 to 1"
    tables = [
        Table("curves", "By curve", summarise_errors(errors, lambda r: r.curve, "curve"), [note]),
        Table(
            "conditions",
            "By condition",
            summarise_errors(errors, lambda r: f"V_th {r.threshold}, {r.amiss}", "condition"),
            [note],
        ),
        Table("pairs", "Shares of pairs that are refused, or warned of", refused),
    ]
    failures = [
        f"a pair of {one.rig.curve}, V_th {one.rig.threshold}, {one.rig.amiss} is refused, and "
        "shows one scene"
        for one in errors
        if one.measured is None
    ]
    source = f"{len(pairs)} simulated rigs over photographs of scikit-image"
    title = "Encodings of pictures, measured from pairs"
    return Report("encodings", title, source, context.command, tables, failures=failures)


BENCHMARK = Benchmark(
    name="encodings",
    summary="errors of measured encodings, and which pairs are refused, of simulated rigs",
    options=EncodingsOptions,
    run=run,
    description=(
        "Every rig has a tone curve, colour weights and a threshold of its own; pictures are "
        "overexposed, misaligned, or beside a spike camera with dark current."
    ),
)
