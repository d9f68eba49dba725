"""Paths that users name: inputs that must be there, outputs that must be free to write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from spikecam.errors import FileError, OutputError
from spikecam.io.atomic import check_file, os_errors_as_output_errors, refuse_existing

PathLike = str | os.PathLike[str]
NO_STANDARD_OUTPUT = "outputs are files or folders, not standard output (-); name one"


def existing_file(path: PathLike) -> Path:
    """``path`` as a Path, if it is a file that can be read and holds something."""
    path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FileError(f"{path} is no ordinary file; save what it gives as one")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise FileError(f"{path} does not exist; check the name") from error
    except IsADirectoryError as error:
        raise FileError(f"{path} is a folder; name a file in it") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    if empty:
        raise FileError(f"{path} is empty; get it again")
    return path


def check_output_file(
    path: PathLike,
    endings: Sequence[str],
    content: str,
    *,
    overwrite: bool | None = None,
    inputs: Iterable[PathLike] = (),
) -> Path:
    """Check, before any work, an output that is one file of another kind; give it as a Path.

    Args:
        path: the output.
        endings: those that it may have, in lower case: (".csv", ".json").
        content: what is written, in the plural, for the message: "tables".
        overwrite: False refuses a file that exists; otherwise it is replaced.
        inputs: files that it is made of, which are never replaced.

    Raises:
        OutputError: another ending, an input, or a place that is in use or cannot be written.
    """
    path = Path(path)
    if str(path) == "-":
        raise OutputError(NO_STANDARD_OUTPUT)
    if path.suffix.lower() not in endings:
        raise OutputError(f"{path}: {content} are written as {', '.join(endings)}")
    check_not_input(path, inputs)
    check_output_place(path, overwrite)
    return path


def check_not_input(path: PathLike, inputs: Iterable[PathLike]) -> None:
    """Refuse an output that is an input, also by a link, or a folder that holds one.

    Raises:
        OutputError: it is.
    """
    path = Path(path)
    with os_errors_as_output_errors(path):
        if not path.exists():
            return
        for source in map(Path, inputs):
            if source.exists() and path.samefile(source):
                raise OutputError(f"{path} is an input; name another output")
            if path.is_dir() and path.resolve() in source.resolve().parents:
                raise OutputError(f"folder {path} holds the input {source}; name another output")


def check_output_place(path: Path, overwrite: bool | None) -> None:
    """Refuse a file that cannot be written, or that exists where ``overwrite`` is False.

    Raises:
        OutputError: it is one.
    """
    check_file(path)
    if overwrite is False:
        refuse_existing(path)
