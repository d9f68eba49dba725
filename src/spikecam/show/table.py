"""Tables of results: for the terminal and in Markdown by rich, as CSV and JSON by Python."""

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
from spikecam.io.atomic import atomic_path, check_writable_file

Row = Mapping[str, Any]
FORMATS = (".csv", ".json", ".md")


def check_table(path: str | os.PathLike[str]) -> None:
    """Check that `write_table` can write a table to this path.

    Raises:
        OutputError: an ending that is not written, or a place that cannot be written.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: tables are written as {', '.join(FORMATS)}")
    check_writable_file(Path(path))


def write_table(path: str | os.PathLike[str], rows: Sequence[Row]) -> None:
    """Write a table of rows with the same columns.

    The ending of the path chooses the format.

    Numbers are whole in .csv and .json, where infinity is the word "inf", and short in .md.

    Raises:
        OutputError: as `check_table`.
    """
    path = Path(path)
    check_table(path)
    text = {".csv": _format_csv, ".json": format_json, ".md": format_markdown_table}[
        path.suffix.lower()
    ](rows)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def format_json(value: Any) -> str:
    """Format a value as JSON text.

    Infinity, which JSON does not have, is the word "inf".
    """
    return (
        json.dumps(_replace_infinities(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def format_markdown_table(rows: Sequence[Row]) -> str:
    """Format rows as a table in Markdown."""
    return _render(rows, as_markdown=True)


def format_terminal_table(rows: Sequence[Row], width: int | None = None) -> str:
    """Format rows as a table for the terminal.

    Where it is wider than ``width``, in characters, its columns are spread over several tables,
    each beginning with the first column; by default, as wide as the terminal is.
    """
    width = width or shutil.get_terminal_size().columns
    first, *rest = rows[0]
    tables: list[str] = []
    while rest or not tables:
        count = max(len(rest), 1)
        while True:
            names = [first, *rest[:count]]
            text = _render([{n: row[n] for n in names} for row in rows], as_markdown=False)
            if count == 1 or max(map(len, text.splitlines())) <= width:
                break
            count -= 1
        tables.append(text)
        rest = rest[count:]
    return "\n".join(tables)


def format_cell(value: Any) -> str:
    """Format a value for a table: numbers with about four digits, nothing for None."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    size = abs(value)
    return f"{value:.2f}" if 1 <= size < 1e5 else f"{value:.4{'f' if 1e-3 <= size < 1 else 'g'}}"


def _format_csv(rows: Sequence[Row]) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _replace_infinities(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _replace_infinities(item) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_replace_infinities(item) for item in value]
    return value


def _render(rows: Sequence[Row], *, as_markdown: bool) -> str:
    from rich.box import MARKDOWN
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=MARKDOWN if as_markdown else None, pad_edge=as_markdown)
    for name in rows[0]:
        number = any(isinstance(row[name], (int, float)) for row in rows)
        heading = name if as_markdown else re.sub(r", (?=[a-zA-Z])", ",\n", name)
        table.add_column(Text(heading), no_wrap=True, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(format_cell(value)) for value in row.values()))
    buffer = StringIO()
    # As wide as it needs to be; a terminal breaks lines by itself.
    Console(file=buffer, width=10_000, color_system=None).print(table)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    return "\n".join(line for line in lines if line) + "\n"
