"""Folders whose writing goes on after an interruption, under a temporary name until it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikecam.errors import OutputError
from spikecam.io.atomic import (
    Replaceable,
    check_output_folder,
    os_errors_as_output_errors,
    partial_folder,
    refuse_protected,
    replace_folder,
)


@contextmanager
def resumable_folder(path: Path, *, is_replaceable: Replaceable) -> Iterator[Path]:
    """Within this context, write to the folder ``NAME.part``, renamed to ``path`` at its end.

    Where the context ends early, the folder stays: the next one continues with what it holds. One
    program at a time writes to it.

    Args:
        path: the folder.
        is_replaceable: as for `check_output_folder`; the whole folder is replaced.

    Raises:
        OutputError: as `check_output_folder`, the folder cannot be written, or another program
            writes it.
    """
    check_output_folder(path, is_replaceable=is_replaceable)
    with os_errors_as_output_errors(path):
        path = Path(os.path.realpath(path))
        temporary = partial_folder(path)
        temporary.mkdir(parents=True, exist_ok=True)
        lock = temporary / "writer.lock"
        with _exclusive_lock(lock):
            yield temporary
            refuse_protected(path)
            check_output_folder(path, is_replaceable=is_replaceable)
            lock.unlink()
            replace_folder(temporary, path)


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Context that one process at a time may enter; the system ends it with the process."""
    with path.open("w") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(
                    f"another program writes {path.parent}; wait for its end, or name another "
                    "output"
                ) from None
        yield
