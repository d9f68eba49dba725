"""Jobs from patterns of files, and from tables."""

from __future__ import annotations

import csv
import glob
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spikecam.batches.job import BatchJob
from spikecam.batches.output_template import check_template, fill_template
from spikecam.errors import FileError, OptionError
from spikecam.io.paths import check_existing_file
from spikecam.io.remote import matching_addresses
from spikecam.io.remote_address import RemoteAddress, as_recording_path, text_without_secrets

TABLES = (".csv", ".jsonl", ".json")
_SWITCHES = {"true": True, "false": False}


def find_inputs(patterns: Sequence[str]) -> list[str]:
    """Files and folders by patterns such as ``data/**/*.dat``, sorted, each once.

    Args:
        patterns: of `glob`, where ``**`` is folders of any depth; or names as they are; also of
            addresses that are far away.

    Raises:
        FileError: a pattern that matches nothing.
    """
    inputs: dict[str, None] = {}
    for pattern in patterns:
        if os.path.exists(pattern):
            inputs[pattern] = None
            continue
        matches = _matches(pattern)
        if not matches:
            raise FileError(
                f"nothing matches {text_without_secrets(pattern)}; check the folder and the "
                "ending, and put a pattern in quotes"
            )
        inputs.update(dict.fromkeys(matches))
    return list(inputs)


def _matches(pattern: str) -> list[str]:
    path = as_recording_path(pattern)
    if isinstance(path, RemoteAddress):
        return [address.url for address in matching_addresses(path)]
    return sorted(glob.iglob(pattern, recursive=True))


def jobs_of_inputs(
    command: str,
    inputs: Sequence[str],
    output_template: str,
    options: Mapping[str, Any],
    arguments: Sequence[str] = (),
) -> Iterator[BatchJob]:
    """Yield a job for each input.

    Args:
        command: of all jobs.
        inputs: from `find_inputs`.
        output_template: see `fill_template`.
        options: of all jobs; their texts may have fields, too.
        arguments: further arguments of the command, whose texts may have fields, too.

    Raises:
        OptionError: as `check_template`.
    """
    check_template(output_template, len(inputs))

    def jobs() -> Iterator[BatchJob]:
        for index, path in enumerate(inputs):

            def fill(value: Any, path: str = path, index: int = index) -> Any:
                if isinstance(value, list):
                    return [fill(one) for one in value]
                if not isinstance(value, str):
                    return value
                return fill_template(value, path, index, len(inputs))

            yield BatchJob(
                command,
                path,
                fill(output_template),
                {name: fill(value) for name, value in options.items()},
                tuple(map(fill, arguments)),
            )

    return jobs()


def jobs_of_table(
    command: str, path: Path, output_template: str | None, options: Mapping[str, Any]
) -> list[BatchJob]:
    """Jobs from a table, one a row.

    Columns are ``input``, ``output``, and options by name; ``input2`` and so on are further
    arguments of the command. An empty cell leaves an option out; "true" is an option without a
    value.

    Args:
        command: of all jobs.
        path: a .csv with a row of names above, or JSON Lines (.jsonl, .json), an object a line.
        output_template: outputs where the table has no column of them, see `fill_template`.
        options: of all jobs; the table goes before them.

    Raises:
        FileError: a table that cannot be read, or a row without input or output.
        OptionError: as `check_template`.
    """
    path = check_existing_file(path)
    if path.suffix.lower() not in TABLES:
        raise FileError(f"{path} does not end like a table of jobs; write {' or '.join(TABLES)}")
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    if not rows:
        raise FileError(f"{path} holds no jobs; write one a line, with input and output")
    if output_template is not None:
        check_template(output_template, len(rows))
    jobs = []
    for index, (line, row) in enumerate(rows):
        values = {name.strip().removeprefix("--"): value for name, value in row.items()}
        values = {name: value for name, value in values.items() if value not in (None, "")}
        source, output = values.pop("input", None), values.pop("output", None)
        if source is None:
            raise FileError(f"{path}, line {line}: no input; the column of recordings is input")
        if output is None and output_template is not None:
            output = fill_template(output_template, str(source), index, len(rows))
        if output is None:
            raise FileError(f"{path}, line {line}: no output; add a column output, or give -o")
        arguments: list[str] = []
        while (name := f"input{len(arguments) + 2}") in values:
            arguments.append(str(values.pop(name)))
        jobs.append(
            BatchJob(command, str(source), str(output), {**options, **values}, tuple(arguments))
        )
    return jobs


def _csv_rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row:
                raise FileError(
                    f"{path}, line {reader.line_num}: more cells than the row of names above has"
                )
            cells = {name: _SWITCHES.get(cell or "", cell) for name, cell in row.items()}
            if any(cell not in (None, "") for cell in cells.values()):
                rows.append((reader.line_num, cells))
    return rows


def _json_rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise FileError(f"{path}, line {number}: expected an object of JSON a line")
        rows.append((number, row))
    return rows


def options_of_words(words: Sequence[str]) -> dict[str, Any]:
    """Options by name from the words of a command line, such as ``--method tfi --overwrite``.

    Raises:
        OptionError: a word that is no option, nor the value of one.

    >>> options_of_words(["--stretch=1:99", "--overwrite", "--at", "7"])
    {'stretch': '1:99', 'overwrite': True, 'at': '7'}
    """
    options: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise OptionError(f"{word}: expected an option; patterns of inputs come before options")
        name, equals, text = word.removeprefix("--").partition("=")
        value: str | bool = text
        if not equals:
            has_value = rest and not rest[0].startswith("--")
            value = rest.pop(0) if has_value else True
        if name in options:
            before = options[name]
            options[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            options[name] = value
    return options
