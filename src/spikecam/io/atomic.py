"""Files and folders that appear whole: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from spikecam.errors import FileError, OutputError
from spikecam.resources import is_process_running

Replaceable = Callable[[Path], bool]

# .NAME.PID-PLACE-RANDOM.part.SUFFIX; see `_temporary_name`.
_LEFTOVER = re.compile(r"\..*\.(\d{1,9})-([0-9a-f]{12})-[0-9a-f]{12}\.part(\..*)?")
_NAME_LETTERS = 40
# A slash is lost where an address has become a Path.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+:)/")
_protected: ContextVar[Path | None] = ContextVar("protected", default=None)


def check_writable_file(path: Path) -> None:
    """Refuse a path of an output file that cannot be written.

    Such are a folder, or a place without access.

    Raises:
        OutputError: it is one.
    """
    with os_errors_as_output_errors(path):
        if path.is_dir():
            inside = path / f"out{path.suffix or '.png'}"
            raise OutputError(f"{path} is a folder; name a file in it, such as {inside}")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no ordinary file; name another output")
        _check_place(path)


def check_output_folder(path: Path, *, is_replaceable: Replaceable | None = None) -> None:
    """Refuse an output folder that holds anything, unless that may be replaced.

    Args:
        path: the folder.
        is_replaceable: says of a file or folder in it whether it may be replaced; a folder that
            holds nothing else is not refused.

    Raises:
        OutputError: it holds anything else, is a file, or lies where nothing can be written.
    """
    with os_errors_as_output_errors(path):
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path} is a file; a folder of pictures needs another name")
        if path.is_dir():
            entries = sorted(path.iterdir())
            others = [e for e in entries if is_replaceable is None or not is_replaceable(e)]
            if path.samefile(Path.cwd()):
                raise OutputError(f"folder {path} is in use, as the current folder; name another")
            if others and is_replaceable is None:
                raise OutputError(
                    f"folder {path} is in use; name a new one, remove it first, or overwrite it "
                    "(--overwrite, in Python overwrite=True)"
                )
            if others:
                raise OutputError(
                    f"folder {path} is in use, and is not replaced because it holds "
                    f"{others[0].name}; name a new one"
                )
        _check_place(path)


def _check_place(path: Path) -> None:
    address = _ADDRESS.match(str(path))
    if address and not Path(address[1]).exists():
        raise OutputError(
            f"outputs are files on this machine, and {address[1]}// begins an address; write to a "
            "file here, then copy it"
        )
    # A name that is too long is an error here; `Path.exists` hides it from Python 3.14 on.
    with suppress(FileNotFoundError, NotADirectoryError):
        path.lstat()
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise OutputError(f"cannot write {path}: {parent} is no folder; choose another place")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {path}: no permission to write in {parent}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Within this context, write to a temporary file that is renamed to ``path`` at its end.

    Two threads, processes or hosts may write one path at once: each has a temporary file of its
    own, and the last to end stands.

    Raises:
        OutputError: as `check_writable_file`, or the file cannot be written.
    """
    check_writable_file(path)
    with os_errors_as_output_errors(path):
        path = Path(os.path.realpath(path))  # a link stays a link, to the new file
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers_once(path.parent)
        # The suffix stays last: libraries choose the format by it.
        temporary = path.with_name(_temporary_name(path.stem) + path.suffix)
        try:
            yield temporary
            refuse_protected(path)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def keeping_existing_file(path: Path) -> Iterator[None]:
    """Context in which a file that exists at ``path`` is not replaced.

    It may have come there since work began: `atomic_path` then refuses to rename.
    """
    token = _protected.set(Path(os.path.realpath(path)))
    try:
        yield
    finally:
        _protected.reset(token)


def refuse_protected(path: Path) -> None:
    """Refuse a file or folder that exists and is not to be replaced (`keeping_existing_file`).

    Raises:
        OutputError: it is one.
    """
    if path == _protected.get():
        refuse_existing(path)


def refuse_existing(path: Path) -> None:
    """Refuse a file that exists.

    Raises:
        OutputError: it does.
    """
    if path.exists():
        raise OutputError(
            f"{path} exists and is not replaced; name another output, or overwrite it (--overwrite)"
        )


@contextmanager
def atomic_folder(path: Path, *, is_replaceable: Replaceable | None = None) -> Iterator[Path]:
    """Within this context, write to a temporary folder that is renamed to ``path`` at its end.

    Args:
        path: the folder.
        is_replaceable: as for `check_output_folder`; the whole folder is replaced.

    Raises:
        OutputError: as `check_output_folder`, or the folder cannot be written.
    """
    check_output_folder(path, is_replaceable=is_replaceable)
    with os_errors_as_output_errors(path):
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers_once(path.parent)
        temporary = path.with_name(_temporary_name(path.name))
        try:
            # Here, so that it is removed also where an interruption comes right after.
            temporary.mkdir()
            yield temporary
            # It may hold more than when work started.
            check_output_folder(path, is_replaceable=is_replaceable)
            replace_folder(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def partial_folder(path: Path) -> Path:
    """Folder in which `spikecam.io.resumable_folder` writes what becomes ``path``."""
    return path.with_name(f"{path.name}.part")


def replace_folder(temporary: Path, path: Path) -> None:
    """Rename a folder to ``path``; a folder that is there is removed once that is done."""
    # Not named as a leftover: after a kill between the two renames it is all that is left.
    previous = path.with_name(f"{path.name}.previous-{secrets.token_hex(6)}")
    try:
        if path.is_dir() and any(path.iterdir()):
            os.replace(path, previous)
        os.replace(temporary, path)
    except BaseException:
        if previous.exists() and not path.exists():
            os.replace(previous, path)
        raise
    finally:
        if path.exists():
            shutil.rmtree(previous, ignore_errors=True)


def _temporary_name(name: str) -> str:
    """Unique hidden name for a temporary file. It has process, place and a random number."""
    owner = f"{os.getpid()}-{_process_id_namespace()}"
    return f".{name[:_NAME_LETTERS]}.{owner}-{secrets.token_hex(6)}.part"


@cache
def _process_id_namespace() -> str:
    """Identity of the boot and of the namespace in which process numbers are valid."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return hashlib.sha256((boot + os.readlink("/proc/self/ns/pid")).encode()).hexdigest()[:12]
    except OSError:
        return "0" * 12


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files in a folder that killed processes left unfinished.

    Those of other machines are left.
    """
    if _process_id_namespace() == "0" * 12:
        return
    for entry in folder.glob(".*.part*"):
        match = _LEFTOVER.fullmatch(entry.name)
        if match and match[2] == _process_id_namespace() and not is_process_running(int(match[1])):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


_remove_leftovers_once = lru_cache(maxsize=256)(remove_leftovers)


@contextmanager
def os_errors_as_output_errors(path: Path) -> Iterator[None]:
    """Context in which errors of the operating system become output errors of ``path``.

    An error that names another file becomes a `FileError` of that file.

    Raises:
        OutputError: the error is that of ``path``, or names no file.
        FileError: it is that of another file, such as an input that is read meanwhile.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if isinstance(error.filename, str) and not _belongs_to(Path(error.filename), path):
            raise FileError(f"{error.filename} cannot be used: {reason}") from error
        raise OutputError(f"cannot write {path}: {reason}; choose another place") from error


def _belongs_to(file: Path, output: Path) -> bool:
    """Whether a file belongs to an output.

    It does if it is the output, one in it, a folder above it, or a temporary file of it.
    """
    file, output = (Path(os.path.realpath(one)) for one in (file, output))
    return (
        file.is_relative_to(output)
        or output.is_relative_to(file)
        or file.is_relative_to(partial_folder(output))
        or any(_LEFTOVER.fullmatch(part) for part in file.parts)
    )
