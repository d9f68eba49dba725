"""``spikecam bench speed``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.interrupt import check_interrupt
from spikecam.io.atomic import atomic_path
from spikecam.show.table import Row, format_markdown


def speed(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="speed.md, speed.csv, and plots of how time grows: growth_*.png.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Fail where anything is much slower than the plain way."),
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes, fewer rounds.")] = False,
) -> None:
    """Measure speed and memory, beside plain ways, a peer and the limits of the machine.

    Everything is timed in turns with what it is compared with. The networks run on a GPU, too,
    where there is one; the peer is spikezoo, where it is installed.
    """
    from spikecam.bench import growth, guard, inputs
    from spikecam.bench.speed import machine, measure
    from spikecam.bench.start import measure_start

    if out is not None:
        sc.check_table(out / "speed.csv")
        sc.check_table(out / "speed.md")
        growth.check_growth(out)
    print(machine())
    measure_start()
    rows = measure(inputs.QUICK if quick else inputs.FULL, say=_say)
    if out is not None:
        grown = growth.grow(out, growth.QUICK if quick else growth.FULL, say=_say)
        sc.write_table(out / "speed.csv", rows)
        with atomic_path(out / "speed.md") as temporary:
            temporary.write_text(_page(machine(), rows, grown), encoding="utf-8")
        print(f"{out}: speed.md, speed.csv, {', '.join(growth.FILES)}")
    if check:
        failures = guard.check(rows)
        for failure in failures:
            print(f"spikecam: too slow: {failure}", file=sys.stderr)
        if failures:
            raise typer.Exit(1)
        print("nothing is slower than it may be")


def _say(line: str) -> None:
    # Measuring takes minutes: what was asked to stop stops here.
    check_interrupt()
    print(line, flush=True)


def _page(where: str, rows: Sequence[Row], grown: Sequence[Row]) -> str:
    """What speed.md says."""
    from spikecam.bench.growth import FILES

    plots = "\n".join(f"![{Path(name).stem}]({name})" for name in FILES)
    parts = ["# Speed", where, format_markdown(rows), "# Growth", format_markdown(grown), plots]
    return "\n\n".join(part.strip() for part in parts) + "\n"
