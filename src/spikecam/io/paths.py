"""Paths that users name: inputs that must be there, outputs that must be free to write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from spikecam.errors import FileError, OutputError
from spikecam.io.atomic import (
    check_writable_file,
    os_errors_as_output_errors,
    partial_folder,
    refuse_existing,
)
from spikecam.io.remote_address import SCHEMES, RemoteAddress

PathLike = str | os.PathLike[str]
NO_STANDARD_OUTPUT = "outputs are files or folders, not standard output (-); name one"


def check_existing_file(path: PathLike) -> Path:
    """Refuse a path that is no readable, non-empty file; return it as a Path."""
    refuse_address(path)
    path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FileError(f"{path} is no ordinary file; save its content as a file")
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


def refuse_address(path: PathLike) -> None:
    """Refuse an address where a path on this machine is expected.

    Raises:
        FileError: it is one.
    """
    # A slash is lost where the address has become a Path.
    if re.match(rf"({'|'.join(SCHEMES)}):/+.", os.fspath(path)):
        address = re.sub(r":/+", "://", os.fspath(path), count=1)
        raise FileError(
            f"{RemoteAddress(address)} is far away, and only recordings are read from there; copy "
            "it here"
        )


def check_existing_folder(path: PathLike) -> Path:
    """Refuse a path that is no readable folder which is whole; return it as a Path."""
    path = Path(path)
    try:
        if not path.exists():
            if partial_folder(path).exists():
                raise FileError(
                    f"{path} is not whole: writing it was interrupted; repeat the command that "
                    f"writes it, which continues {partial_folder(path).name}"
                )
            raise FileError(f"{path} does not exist; check the name")
        if not path.is_dir():
            raise FileError(f"{path} is a file, and a {path.suffix} recording is a folder")
        next(path.iterdir(), None)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    return path


def check_output_file(
    output_path: PathLike,
    endings: Sequence[str],
    content_name: str,
    *,
    overwrite: bool | None = None,
    inputs: Iterable[PathLike | RemoteAddress] = (),
) -> Path:
    """Refuse an output file with a wrong ending or in an unusable place; return it as a Path.

    Args:
        output_path: the output.
        endings: those that it may have, in lower case: (".csv", ".json").
        content_name: what is written, in the plural, for the message: "tables".
        overwrite: False refuses a file that exists; otherwise it is replaced.
        inputs: files that it is made of, which are never replaced.

    Raises:
        OutputError: another ending, an input, or a place that is in use or cannot be written.
    """
    output_path = Path(output_path)
    if str(output_path) == "-":
        raise OutputError(NO_STANDARD_OUTPUT)
    if output_path.suffix.lower() not in endings:
        raise OutputError(f"{output_path}: {content_name} are written as {', '.join(endings)}")
    check_not_input(output_path, inputs)
    check_may_overwrite(output_path, overwrite)
    return output_path


def check_not_input(output_path: PathLike, inputs: Iterable[PathLike | RemoteAddress]) -> None:
    """Refuse an output path that is one of the inputs, or a folder that holds one.

    Raises:
        OutputError: it is.
    """
    output_path = Path(output_path)
    with os_errors_as_output_errors(output_path):
        if not output_path.exists():
            return
        for source in (Path(each) for each in inputs if not isinstance(each, RemoteAddress)):
            if source.exists() and output_path.samefile(source):
                raise OutputError(f"{output_path} is an input; name another output")
            if output_path.is_dir() and output_path.resolve() in source.resolve().parents:
                raise OutputError(
                    f"folder {output_path} holds the input {source}; name another output"
                )


def check_may_overwrite(path: Path, overwrite: bool | None) -> None:
    """Refuse a file that cannot be written, or that exists where ``overwrite`` is False.

    Raises:
        OutputError: it is one.
    """
    check_writable_file(path)
    if overwrite is False:
        refuse_existing(path)
