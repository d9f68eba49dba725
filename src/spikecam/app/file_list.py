"""Files that a page may open: those of folders of the command line, and uploaded ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spikecam.errors import FileError
from spikecam.io.pictures import is_picture
from spikecam.io.recording_format import is_recording, is_recording_folder


@dataclass(frozen=True)
class FileEntry:
    """An entry of the list: a folder, recording or picture that may be opened.

    Attributes:
        path: its place.
        kind: "folder", "recording" or "picture".
        size: bytes, of a file.
    """

    path: Path
    kind: str
    size: int = 0


class AllowedFiles:
    """The files that may be opened; everything else is refused.

    Attributes:
        uploads: the folder of uploaded files.
        folders: the other folders.

    Args:
        paths: files and folders of the command line; a file stands for its folder.
        uploads: a temporary folder for uploaded files.

    Raises:
        FileError: a path that does not exist.
    """

    def __init__(self, allowed_paths: Sequence[Path], upload_folder: Path) -> None:
        for path in allowed_paths:
            if not path.exists():
                raise FileError(f"{path} does not exist; check the name")
        folders = [path if path.is_dir() else path.parent for path in allowed_paths]
        self.uploads = upload_folder.resolve()
        self.folders = tuple(dict.fromkeys(folder.resolve() for folder in folders))

    def resolve_path(self, path: str | Path) -> Path:
        """The real path of a file that a page asks for, links followed.

        Raises:
            FileError: it lies outside of the folders, or does not exist.
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

    def list_folder(self, folder: Path) -> list[FileEntry]:
        """List folders, then recordings, then pictures in an allowed folder, by name.

        Links that lead out of the folders are left out.

        Raises:
            FileError: as `resolve_path`, or the folder cannot be read.
        """
        real = self.resolve_path(folder)
        try:
            paths = sorted(real.iterdir(), key=lambda path: _natural_sort_key(path.name))
        except OSError as error:
            raise FileError(f"{folder} cannot be read: {error.strerror}") from error
        entries: dict[str, list[FileEntry]] = {"folder": [], "recording": [], "picture": []}
        for path in paths:
            try:
                kind, size = _file_kind(self.resolve_path(path)), _content_bytes(path)
            except (FileError, OSError):
                continue
            if kind and not path.name.startswith("."):
                entries[kind].append(FileEntry(path, kind, size))
        return [entry for group in entries.values() for entry in group]

    def create_upload(self, name: str) -> Path:
        """Create an empty file for an upload of this name.

        A name that is taken is numbered.
        """
        safe_name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
        safe_name = re.sub(r"[^\w.() -]", "_", safe_name).lstrip(".") or "upload"
        path = self.uploads / safe_name
        number = 1
        while True:
            try:
                path.touch(exist_ok=False)
                return path
            except FileExistsError:
                number += 1
                path = self.uploads / f"{Path(safe_name).stem}-{number}{Path(safe_name).suffix}"

    def uploaded_bytes(self) -> int:
        """Size of all uploads together, in bytes."""
        return sum(path.stat().st_size for path in self.uploads.iterdir())


def _content_bytes(path: Path) -> int:
    """Bytes of a file, or of the files of a recording that is a folder."""
    if is_recording_folder(path):
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size


def _file_kind(path: Path) -> str | None:
    if is_recording_folder(path):
        return "recording"
    if path.is_dir():
        return "folder"
    return "recording" if is_recording(path) else "picture" if is_picture(path) else None


def _natural_sort_key(name: str) -> list[tuple[int, str]]:
    """Sort key of natural order: 2 comes before 10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
