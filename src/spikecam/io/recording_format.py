"""Declaration of a recording format, and discovery of all that are installed.

Each format is declared once, in a file of its own, as a `RecordingFormat` called ``FORMAT``. The
package's own stand in ``spikecam/io/formats``; other packages add theirs by an entry point of the
group ``spikecam.formats``. Reading, writing, help texts and messages all read the declaration.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

from spikecam.io.geometry import Geometry
from spikecam.io.remote_address import RecordingPath
from spikecam.stream import Progress, Span, SpikeStream

ENTRY_POINT_GROUP = "spikecam.formats"
_PACKAGE = "spikecam.io.formats"


class RecordingReader(Protocol):
    """Protocol of a function that opens a recording file as a stream, without reading all of it."""

    # `Any`, so that a function for paths alone is one.
    def __call__(self, path: Any, geometry: Geometry | None, truncate: bool) -> SpikeStream:
        """The recording in ``path``.

        Args:
            path: a Path of a file that is there and holds something; or a RemoteAddress, where the
                format declares ``reads_addresses``.
            geometry: size of the frames, where the format needs one; None for all others.
            truncate: leave out a frame that is not whole, at the end.

        Raises:
            FileError: it is damaged, or of another format.
            GeometryError: the size does not fit.
        """


class RecordingWriter(Protocol):
    """Protocol of a function that writes a stream to a recording file, block by block."""

    def __call__(
        self, path: Path, stream: SpikeStream, *, layout: str | None, progress: Progress[Span]
    ) -> None:
        """Write ``stream`` to ``path``.

        Args:
            path: the file, replaced if it exists.
            stream: the recording, of one frame or more.
            layout: one of the format's layouts; None for its first, and where it has none.
            progress: wraps the list of spans that are written one after another.

        Raises:
            OutputError: the file cannot be written.
        """


@dataclass(frozen=True)
class RecordingFormat:
    """Declaration of a recording format: endings, and the functions that read and write it.

    Attributes:
        name: what it is called in messages: "HDF5".
        suffixes: endings of its files in lower case, the usual one first.
        read: opens a file.
        write: writes a file.
        needs_geometry: its files do not say their height and width.
        layouts: arrangements of the frames that `write` can choose from, the default first.
        folder_entries: names of what a recording holds, where it is a folder and no file.
        reads_addresses: `read` takes addresses of recordings that are far away.
    """

    name: str
    suffixes: tuple[str, ...]
    read: RecordingReader
    write: RecordingWriter
    needs_geometry: bool = False
    layouts: tuple[str, ...] = ()
    folder_entries: tuple[str, ...] = ()
    reads_addresses: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether a recording is a folder."""
        return bool(self.folder_entries)

    def is_replaceable(self, entry: Path) -> bool:
        """Whether an entry of a folder is one of a recording, which may be overwritten."""
        return entry.name in self.folder_entries


@cache
def recording_formats() -> tuple[RecordingFormat, ...]:
    """All installed recording formats: the package's own, then those of other packages."""
    return tuple(_own_formats()) + tuple(_installed_formats())


def find_format_or_none(path: RecordingPath) -> RecordingFormat | None:
    """Find the recording format of a path by its ending. None where no format has it."""
    suffix = path.suffix.lower()
    return next((f for f in recording_formats() if suffix in f.suffixes), None)


def is_recording_folder(path: Path) -> bool:
    """Whether a path is a folder that has the ending of a recording which is one."""
    form = find_format_or_none(path)
    return form is not None and form.is_folder and path.is_dir()


def is_recording(path: Path) -> bool:
    """Whether a path has the ending of a recording."""
    return find_format_or_none(path) is not None


def recording_suffixes() -> tuple[str, ...]:
    """File endings of all recording formats."""
    return tuple(suffix for each in recording_formats() for suffix in each.suffixes)


def suffixes_as_text(conjunction: str = "or") -> str:
    """Usual ending of each format as text for messages: ".dat, .h5 or .npz"."""
    *others, last = (each.suffixes[0] for each in recording_formats())
    return f"{', '.join(others)} {conjunction} {last}"


def _own_formats() -> Iterator[RecordingFormat]:
    package = import_module(_PACKAGE)
    for module in iter_modules(package.__path__):
        yield import_module(f"{_PACKAGE}.{module.name}").FORMAT


def _installed_formats() -> Iterator[RecordingFormat]:
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            declared = entry.load()
        except Exception as error:  # whatever keeps another package from loading is its own
            warnings.warn(f"format {entry.name} does not load: {error}", stacklevel=2)
            continue
        if isinstance(declared, RecordingFormat):
            yield declared
        else:
            warnings.warn(f"format {entry.name} is no RecordingFormat", stacklevel=2)
