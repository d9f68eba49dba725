"""A report: tables as Markdown and CSV, and a page in HTML with pictures to compare by eye."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np

from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_path, check_writable_file
from spikecam.io.pictures import encode_picture
from spikecam.picture import Picture
from spikecam.show.table import Row, format_cell, format_markdown_table, write_table

# Pictures of a page that may be sent by mail: what is larger shows its middle, pixel for pixel.
_QUALITY, _LARGEST = 92, 640


@dataclass
class Table:
    """A table of a report.

    Attributes:
        name: of its file.
        title: above it.
        rows: with the same columns.
        notes: what is to be known, below it.
    """

    name: str
    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


@dataclass
class Report:
    """Tables, what they were measured on, and pictures.

    Attributes:
        name: of the files.
        title: of the page.
        source: which data, in words.
        command: that makes it again.
        tables: in their order.
        pictures: by scene, by label.
        failures: sentences on what is worse than it may be; the command then ends with code 1.
    """

    name: str
    title: str
    source: str
    command: str
    tables: list[Table] = field(default_factory=list)
    pictures: dict[str, dict[str, Picture]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def to_markdown(self) -> str:
        """The report as Markdown."""
        parts = [f"# {self.title}", f"Measured on {self.source}.", f"    {self.command}"]
        for table in self.tables:
            parts += [f"## {table.title}", format_markdown_table(table.rows).rstrip()]
            parts += [f"- {note}" for note in table.notes]
        return "\n\n".join(parts) + "\n"


def comparability_note(source: str, data_folder: Path | None, real_data_set: str) -> str:
    """Note for a table on whether its figures compare with those published on real data."""
    if data_folder is None:
        return f"ours are measured on {source}: not the papers' data"
    return f"ours are measured on {source}: the papers' data only if that is {real_data_set}"


def check_report_folder(folder: Path) -> None:
    """Refuse a report folder that cannot be written.

    It also checks that jinja2, which writes reports, is installed.

    Raises:
        OutputError: the folder cannot be written.
        SpikecamError: jinja2 is not installed.
    """
    check_writable_file(folder / "report.md")
    require_packages("jinja2", extra="bench", purpose="reports")


def write_report(folder: Path, report: Report) -> list[Path]:
    """Write a report to a folder as Markdown, HTML and CSV tables.

    Returns the files.

    The page holds its pictures itself and asks nothing of any other place.
    """
    from jinja2 import Environment

    check_report_folder(folder)
    template = resources.files("spikecam.bench").joinpath("report.html.jinja").read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = format_cell
    page = environment.from_string(template).render(
        report=report,
        scenes={
            scene: {label: _data_uri(picture) for label, picture in pictures.items()}
            for scene, pictures in report.pictures.items()
        },
    )
    written = [folder / f"{report.name}.md", folder / f"{report.name}.html"]
    for path, text in zip(written, (report.to_markdown(), page), strict=True):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for table in report.tables:
        written.append(folder / f"{table.name}.csv")
        write_table(written[-1], table.rows)
    return written


def _data_uri(picture: Picture) -> str:
    top, left = (max(0, (side - _LARGEST) // 2) for side in picture.shape[:2])
    middle = picture[top : top + _LARGEST, left : left + _LARGEST]
    jpeg = encode_picture(np.clip(middle, 0, 1), "jpeg", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
