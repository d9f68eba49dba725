"""Write aside, then rename: a half-written output never stands under its final name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikecam.errors import OutputError


def check_file(path: Path) -> None:
    """Refuse a path that is a folder, or lies in a place that cannot be written."""
    with _reported(path):
        if path.is_dir():
            inside = path / f"out{path.suffix or '.png'}"
            raise OutputError(f"{path} is a folder; name a file in it, such as {inside}")
        _check_place(path)


def check_folder(path: Path) -> None:
    """Refuse a folder that holds anything: it is somebody's, and nothing in it is replaced."""
    with _reported(path):
        if path.is_file():
            raise OutputError(f"{path} is a file; a folder of pictures needs another name")
        if path.is_dir() and (any(path.iterdir()) or path.samefile(Path.cwd())):
            raise OutputError(f"folder {path} is in use; name a new one, or remove it first")
        _check_place(path)


def _check_place(path: Path) -> None:
    above = path.absolute().parent
    while not above.exists():
        above = above.parent
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise OutputError(f"cannot write {path}: {above} is no folder to write to; choose another")


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its name when the block ends well.

    Raises:
        OutputError: as `check_file`, or the file cannot be written.
    """
    check_file(path)
    with _reported(path):
        path = Path(os.path.realpath(path))  # a link stays a link, to the new file
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays last: libraries choose the format by it.
        temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def aside_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its name when the block ends well.

    Raises:
        OutputError: as `check_folder`, or the folder cannot be written.
    """
    check_folder(path)
    with _reported(path):
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            # Here, so that it is removed also where an interruption comes right after.
            temporary.mkdir()
            yield temporary
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write {path}: {reason}; choose another place") from error
