"""Write aside, then rename: a half-written output never stands under its final name."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikecam.errors import OutputError

_FRAME_NAME = re.compile(r"\d+\.png")


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its name when the block ends well.

    Raises:
        OutputError: the folder is missing, or the file cannot be written.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it, such as {path / 'out.png'}")
    with _reported(path):
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

    A folder of numbered pictures from an earlier run is replaced; one that holds anything else
    is somebody's, and is refused.
    """
    if path.is_file():
        raise OutputError(f"{path} is a file; a folder of pictures needs another name")
    if path.is_dir():
        strangers = [f.name for f in path.iterdir() if not _FRAME_NAME.fullmatch(f.name)]
        if strangers:
            raise OutputError(
                f"folder {path} holds other files ({strangers[0]}); name a new folder"
            )
    with _reported(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        temporary.mkdir()
        try:
            yield temporary
            if path.is_dir():
                shutil.rmtree(path)
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
