"""Declaration of a benchmark: what it measures, its options, and the function that runs it.

Each benchmark is declared once, in a file of its own in `spikecam.bench.benchmarks`, as a
`Benchmark` called ``BENCHMARK``. ``spikecam bench NAME`` reads the declarations and nothing else:
listing them, and checking options, loads neither torch nor numba.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from spikecam.errors import FileError, OptionError

_PACKAGE = "spikecam.bench.benchmarks"


@dataclass(frozen=True)
class RunContext:
    """What a benchmark gets from its caller: command line, progress output, output folder.

    Attributes:
        command: the command line that repeats it, for the report.
        say: takes a line of progress; raises where the work shall stop.
        output_folder: folder for files besides the report, such as plots and trained weights, where
            the user named one.
    """

    command: str
    say: Callable[[str], None] = print
    output_folder: Path | None = None


@dataclass(frozen=True)
class Benchmark:
    """Declaration of a benchmark.

    Attributes:
        name: by which it is chosen; that of its file, with hyphens.
        summary: one line for lists, without a full stop.
        options: a frozen dataclass that needs no arguments. Fields are settings, or groups of
            settings: dataclasses themselves. Help stands in the ``Attributes:`` sections of their
            docstrings; values that cannot be are refused in ``__post_init__``. A field called
            ``data`` is the positional argument: a path or None, or a tuple of paths.
        run: measures, and returns a `spikecam.bench.report.Report`; heavy imports happen inside.
        description: more for the help, after the summary.
        needs_out: whether it cannot run without a folder for its files.
    """

    name: str
    summary: str
    options: type[Any]
    run: Callable[[Any, RunContext], Any]
    description: str = ""
    needs_out: bool = False


@cache
def all_benchmarks() -> Mapping[str, Benchmark]:
    """All benchmarks by their names, sorted."""
    package = import_module(_PACKAGE)
    modules = (import_module(f"{_PACKAGE}.{m.name}") for m in iter_modules(package.__path__))
    declared = [module.BENCHMARK for module in modules]
    return {one.name: one for one in sorted(declared, key=lambda one: one.name)}


def check_data_and_limit(data_folder: Path | None, limit: int | None) -> None:
    """Refuse a data folder that does not exist, and a limit below 1.

    Raises:
        FileError: the folder does not exist.
        OptionError: the limit is below 1.
    """
    if data_folder is not None and not data_folder.is_dir():
        raise FileError(
            f"{data_folder} is no folder; name a data set, or none for simulated scenes"
        )
    if limit is not None and limit < 1:
        raise OptionError(f"a limit is at least 1, not {limit}")
