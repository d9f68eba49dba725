"""The files that a page may open: in the folders given, or uploaded to a temporary one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spikecam.errors import FileError
from spikecam.io.pictures import is_picture
from spikecam.io.recording_format import is_recording


@dataclass(frozen=True)
class Entry:
    """A folder, recording or picture on offer.

    Attributes:
        path: where it is.
        kind: "folder", "recording" or "picture".
        size: bytes, of a file.
    """

    path: Path
    kind: str
    size: int = 0


class Shelf:
    """What may be opened.

    Args:
        given: files and folders of the command line; of a file, its folder is on offer.
        uploads: a folder of this run's own, for what is uploaded.

    Raises:
        FileError: one that was given does not exist.
    """

    def __init__(self, given: Sequence[Path], uploads: Path) -> None:
        for path in given:
            if not path.exists():
                raise FileError(f"{path} does not exist; check the name")
        folders = [path if path.is_dir() else path.parent for path in given]
        self.uploads = uploads.resolve()
        self.folders = tuple(dict.fromkeys(folder.resolve() for folder in folders))

    def find(self, path: str | Path) -> Path:
        """The real path of what a page asks for.

        Raises:
            FileError: it lies outside of what is on offer, links followed, or does not exist.
        """
        real = Path(path).resolve()
        if not any(real.is_relative_to(root) for root in (*self.folders, self.uploads)):
            raise FileError(
                f"{path} is not in a folder that spikecam app was given; start it with that "
                "folder, or drop the file here"
            )
        if not real.exists():
            raise FileError(f"{path} does not exist any more; choose another")
        return real

    def entries(self, folder: Path) -> list[Entry]:
        """Folders, then recordings, then pictures in a folder on offer, by name.

        What leads out of the folders on offer is left out.

        Raises:
            FileError: as `find`, or the folder cannot be read.
        """
        real = self.find(folder)
        try:
            inside = sorted(real.iterdir(), key=lambda path: _natural(path.name))
        except OSError as error:
            raise FileError(f"{folder} cannot be read: {error.strerror}") from error
        kinds: dict[str, list[Entry]] = {"folder": [], "recording": [], "picture": []}
        for path in inside:
            try:
                kind, size = _kind(self.find(path)), path.stat().st_size
            except (FileError, OSError):
                continue
            if kind and not path.name.startswith("."):
                kinds[kind].append(Entry(path, kind, size))
        return [entry for entries in kinds.values() for entry in entries]

    def place(self, name: str) -> Path:
        """Where an upload of this name goes, an empty file; a name that is taken is numbered."""
        plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
        plain = re.sub(r"[^\w.() -]", "_", plain).lstrip(".") or "upload"
        path = self.uploads / plain
        number = 1
        while True:
            try:
                path.touch(exist_ok=False)
                return path
            except FileExistsError:
                number += 1
                path = self.uploads / f"{Path(plain).stem}-{number}{Path(plain).suffix}"

    def uploaded(self) -> int:
        """Bytes that were uploaded."""
        return sum(path.stat().st_size for path in self.uploads.iterdir())


def _kind(path: Path) -> str | None:
    if path.is_dir():
        return "folder"
    return "recording" if is_recording(path) else "picture" if is_picture(path) else None


def _natural(name: str) -> list[tuple[int, str]]:
    """So that 2 comes before 10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
