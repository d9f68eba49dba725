"""Measure: the papers' tables on your data or on a simulated set, and speed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, get_origin, get_type_hints

from cyclopts import App, Parameter

from spikecam.bench.benchmark import Benchmark, RunContext, all_benchmarks
from spikecam.cli.declared import make_declared_command
from spikecam.cli.flags import without_none
from spikecam.cli.interrupt import raise_if_interrupted
from spikecam.cli.messages import print_error, report, say
from spikecam.cli.options import OUTPUT_GROUP
from spikecam.option_help import attribute_helps, plain_sentence

bench = App(name="bench", help=__doc__)


def make_benchmark_command(benchmark: Benchmark) -> Callable[..., None]:
    """Make the command of a benchmark from its declaration."""
    data = get_type_hints(benchmark.options).get("data")
    several = get_origin(without_none(data)) is tuple
    text = attribute_helps(benchmark.options).get("data", "")
    default = next((f.default for f in fields(benchmark.options) if f.name == "data"), None)
    label = Parameter(name="DATA", help=text)
    kind = list[Path] | None if several else Path | None
    sources = None if data is None else Annotated[kind, label]
    where = Parameter(
        alias="-o",
        metavar="FOLDER",
        group=OUTPUT_GROUP,
        help="Folder for the report and all other files: .md, .csv and .html.",
    )

    def run(inputs: Any, out: Path | None, options: Any) -> None:
        if data is not None:
            paths = tuple(inputs or ()) if several else inputs
            options = replace(options, data=paths)
        run_benchmark(benchmark, options, out)

    return make_declared_command(
        run,
        benchmark.options,
        description=f"{plain_sentence(benchmark.summary)}\n\n{benchmark.description}".strip(),
        sources=sources,
        out=Annotated[Path if benchmark.needs_out else Path | None, where],
        sources_required=several and default != (),
        out_required=benchmark.needs_out,
        without=("data",),
    )


def run_benchmark(benchmark: Benchmark, options: Any, output_folder: Path | None) -> None:
    """Run a benchmark, print its tables, and write its report where a folder is given."""
    from spikecam.bench.report import check_report_folder, write_report
    from spikecam.show.table import format_terminal_table

    if output_folder is not None:
        check_report_folder(output_folder)
    command = shlex.join(["spikecam", *sys.argv[1:]])
    measured = benchmark.run(options, RunContext(command, _say, output_folder))
    files = [] if output_folder is None else write_report(output_folder, measured)
    lines = []
    for table in measured.tables:
        lines += [
            "",
            table.title,
            "",
            format_terminal_table(table.rows),
            *(f"- {n}" for n in table.notes),
        ]
    facts = {
        "benchmark": measured.name,
        "source": measured.source,
        "tables": {table.name: table.rows for table in measured.tables},
        "files": files,
    }
    report("\n".join([*lines, *map(str, files)]), facts)
    for failure in measured.failures:
        print_error(failure)
    if measured.failures:
        raise SystemExit(1)


def _say(line: str) -> None:
    # Measuring takes minutes: what was asked to stop stops here.
    raise_if_interrupted()
    say(line)


for _name, _benchmark in all_benchmarks().items():
    bench.command(make_benchmark_command(_benchmark), name=_name)
