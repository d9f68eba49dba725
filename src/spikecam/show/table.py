"""Tables of results: for the terminal, and as CSV, JSON or Markdown."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from spikecam.errors import OutputError
from spikecam.io.atomic import atomic_path, check_file

Row = Mapping[str, Any]
FORMATS = (".csv", ".json", ".md")


def check_table(path: str | os.PathLike[str]) -> None:
    """Refuse, before any work, what `write_table` would refuse of a path.

    Raises:
        OutputError: an ending that is not written, or a place that cannot be written.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: tables are written as {', '.join(FORMATS)}")
    check_file(Path(path))


def write_table(path: str | os.PathLike[str], rows: Sequence[Row]) -> None:
    """Write rows with the same columns; the ending chooses the format.

    Numbers are whole in .csv and .json, where infinity is the word "inf", and short in .md.

    Raises:
        OutputError: as `check_table`.
    """
    path = Path(path)
    check_table(path)
    written = {".csv": _csv, ".json": format_json, ".md": markdown}[path.suffix.lower()](rows)
    with atomic_path(path) as temporary:
        temporary.write_text(written, encoding="utf-8")


def format_json(value: Any) -> str:
    """JSON, in which there is no infinity: the word "inf" stands for it."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def markdown(rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    return _rendered(rows, markdown=True)


def terminal(rows: Sequence[Row], width: int | None = None) -> str:
    """A table to print.

    Where it is wider than ``width``, in characters, its columns are spread over several tables,
    each beginning with the first column; by default, as wide as the terminal is.
    """
    width = width or shutil.get_terminal_size().columns
    first, *rest = rows[0]
    parts: list[str] = []
    while rest or not parts:
        count = max(len(rest), 1)
        while True:
            names = [first, *rest[:count]]
            text = _rendered([{n: row[n] for n in names} for row in rows], markdown=False)
            if count == 1 or max(map(len, text.splitlines())) <= width:
                break
            count -= 1
        parts.append(text)
        rest = rest[count:]
    return "\n".join(parts)


def cell(value: Any) -> str:
    """A value as it stands in a table: numbers with four digits or so, nothing for None."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    size = abs(value)
    return f"{value:.2f}" if 1 <= size < 1e5 else f"{value:.4{'f' if 1e-3 <= size < 1 else 'g'}}"


def _csv(rows: Sequence[Row]) -> str:
    held = StringIO()
    writer = csv.DictWriter(held, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue()


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_finite(one) for one in value]
    return value


def _rendered(rows: Sequence[Row], *, markdown: bool) -> str:
    from rich.box import MARKDOWN
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=MARKDOWN if markdown else None, pad_edge=markdown)
    for name in rows[0]:
        number = any(isinstance(row[name], (int, float)) for row in rows)
        heading = name if markdown else re.sub(r", (?=[a-zA-Z])", ",\n", name)
        table.add_column(Text(heading), no_wrap=True, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row.values()))
    held = StringIO()
    # As wide as it needs to be; a terminal breaks lines by itself.
    Console(file=held, width=10_000, color_system=None).print(table)
    lines = [line.rstrip() for line in held.getvalue().splitlines()]
    return "\n".join(line for line in lines if line) + "\n"
