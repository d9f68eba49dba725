"""Files that a page may open: those of folders of the command line, and uploaded ones."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spikecam.app.recording_card import frame_facts
from spikecam.app.text import format_bytes, format_date
from spikecam.errors import FileError
from spikecam.io.geometry import read_sidecar
from spikecam.io.pictures import is_picture
from spikecam.io.recording_format import find_format_or_none, is_recording, is_recording_folder
from spikecam.io.video import VIDEO_SOURCES

# File systems take names of 255 bytes; a number and ``.json`` may follow.
_STEM_BYTES, _SUFFIX_CHARACTERS = 200, 20
_KINDS = ("folder", "recording", "picture", "video")


@dataclass(frozen=True)
class FileEntry:
    """An entry of the list: a folder, recording, picture or video.

    Attributes:
        path: its place.
        kind: "folder", "recording", "picture" or "video"; videos are not opened.
        size: bytes, of a file.
        modified: when it was changed last, in seconds since 1970.
    """

    path: Path
    kind: str
    size: int = 0
    modified: float = 0


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
        try:
            real = Path(path).resolve()
            exists = real.exists()
        except (OSError, RuntimeError, ValueError) as error:
            # A link to itself, before Python 3.13; a name that no file can have, or too long.
            raise FileError(f"{path} leads to no file; choose another") from error
        if not any(real.is_relative_to(root) for root in (*self.folders, self.uploads)):
            raise FileError(
                f"{path} is not in a folder that spikecam app was given; start it with that "
                "folder, or drop the file here"
            )
        if not exists:
            raise FileError(f"{path} does not exist any more; choose another")
        return real

    def entry_of(self, path: Path) -> FileEntry | None:
        """Entry of a recording that may be opened; None where that is not so, or it is gone."""
        try:
            real = self.resolve_path(path)
            is_folder = real.is_dir()
            if _file_kind(path, is_folder=is_folder) != "recording":
                return None
            status = real.stat()
            size = _folder_bytes(real) if is_folder else status.st_size
            return FileEntry(path, "recording", size, status.st_mtime)
        except (FileError, OSError):
            return None

    def list_folder(self, folder: Path) -> list[FileEntry]:
        """List folders, then recordings, pictures and videos in an allowed folder, by name.

        Links that lead out of the folders are left out.

        Raises:
            FileError: as `resolve_path`, or the folder cannot be read.
        """
        real = self.resolve_path(folder)
        entries: dict[str, list[FileEntry]] = {kind: [] for kind in _KINDS}
        try:
            with os.scandir(real) as scan:
                directory_entries = [entry for entry in scan if not entry.name.startswith(".")]
        except OSError as error:
            raise FileError(f"{folder} cannot be read: {error.strerror}") from error
        for entry in directory_entries:
            # One entry that cannot be read does not hide the others.
            try:
                listed = self._file_entry(entry)
            except (FileError, OSError):
                continue
            if listed is not None:
                entries[listed.kind].append(listed)
        for group in entries.values():
            group.sort(key=lambda listed: _natural_sort_key(listed.path.name))
        return [listed for group in entries.values() for listed in group]

    def _file_entry(self, entry: os.DirEntry[str]) -> FileEntry | None:
        """Entry of a file of an allowed folder; None for one that is not listed."""
        path = Path(entry.path)
        if entry.is_symlink():
            # Others lie where their folder does; to resolve each of thousands takes seconds.
            self.resolve_path(path)
        kind = _file_kind(path, is_folder=entry.is_dir())
        if kind is None:
            return None
        return FileEntry(path, kind, _content_bytes(path, entry), entry.stat().st_mtime)

    def create_upload(self, name: str) -> Path:
        """Create an empty file for an upload of this name.

        A name that is taken is numbered.
        """
        safe_name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
        safe_name = re.sub(r"[^\w.() -]", "_", safe_name).lstrip(".") or "upload"
        safe_name = _shorten_name(safe_name)
        path = self.uploads / safe_name
        number = 1
        while True:
            try:
                path.touch(exist_ok=False)
                return path
            except FileExistsError:
                number += 1
                path = self.uploads / f"{Path(safe_name).stem}-{number}{Path(safe_name).suffix}"

    def remove_upload(self, path: Path) -> None:
        """Remove an uploaded file, with its sidecar file.

        Raises:
            FileError: it is none.
        """
        if path.parent != self.uploads:
            raise FileError(f"{path.name} was not uploaded, and is not removed")
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.json").unlink(missing_ok=True)

    def uploaded_bytes(self) -> int:
        """Size of all uploads together, in bytes."""
        return sum(path.stat().st_size for path in self.uploads.iterdir())


def filter_entries(entries: Sequence[FileEntry], text: str) -> list[FileEntry]:
    """Entries whose names contain a text, in any case."""
    part = text.strip().lower()
    return [entry for entry in entries if part in entry.path.name.lower()]


@dataclass(frozen=True)
class EntryFacts:
    """What is said of a recording or picture in a list.

    Attributes:
        text: in words: size and number of its frames, bytes, and date.
        size_is_known: whether a recording says its frame size, so that it has a picture.
        is_whole: whether the frames are in the text; they are where that needs no more than a
            sidecar file.
    """

    text: str
    size_is_known: bool
    is_whole: bool


def describe_entry(entry: FileEntry, frames: Sequence[str] = ()) -> EntryFacts:
    """What is said of a recording or picture.

    Args:
        entry: of the list.
        frames: size and number of its frames in words, where they were read from the file.
    """
    form = find_format_or_none(entry.path)
    size_is_known, parts = entry.kind == "recording", list(frames)
    if form is not None and form.needs_geometry:
        try:
            geometry = read_sidecar(entry.path)
        except FileError:
            size_is_known, parts = False, ["its .json file is damaged"]
        else:
            size_is_known, parts = geometry is not None, ["size not known"]
            if geometry is not None:
                count = entry.size // geometry.frame_bytes
                parts = frame_facts(geometry.height, geometry.width, count, geometry.rate)
    text = ", ".join([*parts, format_bytes(entry.size), format_date(entry.modified)])
    return EntryFacts(text, size_is_known, bool(parts) or not size_is_known)


def _content_bytes(path: Path, entry: os.DirEntry[str]) -> int:
    """Bytes of a file, or of the files of a recording that is a folder."""
    return _folder_bytes(path) if is_recording_folder(path) else entry.stat().st_size


def _folder_bytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _file_kind(path: Path, *, is_folder: bool) -> str | None:
    if is_folder:
        return "recording" if is_recording_folder(path) else "folder"
    if is_recording(path):
        return "recording"
    if is_picture(path):
        return "picture"
    return "video" if path.suffix.lower() in VIDEO_SOURCES else None


def _shorten_name(name: str) -> str:
    """A file name with its ending, no longer than file systems take."""
    suffix = Path(name).suffix[:_SUFFIX_CHARACTERS]
    stem = name.removesuffix(suffix) if suffix else name
    # The end of a character that is cut goes with it.
    short = stem.encode()[:_STEM_BYTES].decode(errors="ignore")
    return f"{short}{suffix}"


def _natural_sort_key(name: str) -> list[tuple[int, str]]:
    """Sort key of natural order: 2 comes before 10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]
