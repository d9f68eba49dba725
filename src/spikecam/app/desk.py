"""What one visitor works on: a recording, how it is looked at, and a deblurred film of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spikecam import sample
from spikecam.app.film import Film
from spikecam.app.shelf import Shelf
from spikecam.errors import FileError, OptionError
from spikecam.io.geometry import read_sidecar
from spikecam.io.paths import existing_file
from spikecam.io.pictures import is_picture
from spikecam.io.recording import open as open_recording
from spikecam.io.recording_format import find_format, suffix_list
from spikecam.stream import Span, SpikeStream


class Desk:
    """The state of one page.

    Attributes:
        token: a name that nobody else can guess, in the addresses of its pictures.
        shelf: the files on offer.
        path, stream: the recording that is open; None at first.
        film: what was deblurred of it; None at first.
        version: another one whenever a recording is opened or a film begun.

    Args:
        shelf: the files on offer.
        folder: a place for this desk's films.
    """

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self.token = secrets.token_urlsafe(16)
        self.shelf = shelf
        self.path: Path | None = None
        self.stream: SpikeStream | None = None
        self.film: Film | None = None
        self.version = 0
        self._folder = folder / self.token
        self._leaving: list[threading.Thread] = []

    def open_sample(self) -> None:
        """Open the recording that ships with spikecam."""
        self.take(sample.SPIKES, open_recording(sample.SPIKES))

    def needs_size(self, path: Path) -> bool:
        """Whether a recording does not say its width and height.

        Raises:
            FileError: it may not be opened, is empty, or its sidecar file is damaged.
        """
        real = existing_file(self.shelf.find(path))
        form = find_format(real)
        if form is None:
            raise FileError(f"{real.name} is no recording; choose a {suffix_list()} file")
        return form.needs_geometry and read_sidecar(real) is None

    def read(self, path: Path, camera: str | tuple[int, int] | None = None) -> SpikeStream:
        """A recording on offer; ``camera`` is a name or (height, width), where it needs one.

        A file that ends within a frame is read without that frame.

        Raises:
            SpikecamError: as `spikecam.open`, or a file that is not on offer.
        """
        real = self.shelf.find(path)
        stream = open_recording(real, camera, truncate=True)
        if not len(stream):
            raise FileError(f"{path.name} holds no whole frame of that size; choose another size")
        return stream

    def take(self, path: Path, stream: SpikeStream) -> None:
        """Work on this recording from now on."""
        self._drop_film()
        self.version += 1
        self.path, self.stream = path, stream

    def pictures(self) -> list[Path]:
        """Pictures that may belong to the recording: beside it, and uploaded ones."""
        if self.path == sample.SPIKES:
            beside = [sample.BLUR]
        elif self.path is not None:
            beside = [e.path for e in self.shelf.entries(self.path.parent) if e.kind == "picture"]
        else:
            beside = []
        uploaded = [entry.path for entry in self.shelf.entries(self.shelf.uploads)]
        return list(dict.fromkeys([*beside, *filter(is_picture, uploaded)]))

    def picture(self, path: Path) -> Path:
        """The real path of one of `pictures`.

        Raises:
            FileError: it is none of them.
        """
        return path if path == sample.BLUR else self.shelf.find(path)

    def new_film(
        self, blur: Path | None, frames: Sequence[int], exposure: Span, options: dict[str, Any]
    ) -> Film:
        """A film to be made, in place of the one before; without a picture, of spikes alone.

        Raises:
            SpikecamError: as `Film`; the one before then stays.
        """
        if self.stream is None:
            raise OptionError("open a recording first")
        folder = self._folder / str(self.version + 1)
        picture = None if blur is None else self.picture(blur)
        film = Film(folder, picture, self.stream, frames, exposure, options)
        self._drop_film()
        self.version += 1
        self.film = film
        return film

    def close(self) -> None:
        """Stop what is under way; what it leaves is removed as soon as it has ended."""
        self._drop_film()

    def wait(self) -> None:
        """Wait until that is removed."""
        for thread in self._leaving:
            thread.join()

    def _drop_film(self) -> None:
        if self.film is not None:
            self.film.stop()
            thread = threading.Thread(target=self.film.remove)
            thread.start()
            self._leaving = [one for one in self._leaving if one.is_alive()] + [thread]
            self.film = None
