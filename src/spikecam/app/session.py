"""What one visitor works on: an open recording, and a sequence of sharp pictures of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spikecam import sample
from spikecam.app.file_list import AllowedFiles
from spikecam.app.frame_size import read_recording
from spikecam.app.page_exports import PageExports
from spikecam.app.picture_cache import PictureCache
from spikecam.app.sharp_sequence import SharpSequence
from spikecam.deblurring.pair import PairSettings
from spikecam.encoding import is_encoding_file, parse_encoding
from spikecam.errors import FileError, GeometryError, OptionError, SpikecamError
from spikecam.frames import Frames, evenly_spaced_frames
from spikecam.io.geometry import Geometry, read_sidecar, write_sidecar
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import is_picture
from spikecam.io.recording import open as open_recording
from spikecam.io.recording_format import find_format_or_none, suffixes_as_text
from spikecam.method import Method, Takes
from spikecam.requests.deblur import DeblurRequest
from spikecam.requests.generate import GenerateRequest
from spikecam.stream import Span, SpikeStream


class Session:
    """State of one page: the open recording and its deblurred sequence.

    Attributes:
        token: a secret name, which the URLs of its pictures contain.
        files: the files that may be opened.
        path, stream: the open recording; None at first.
        camera: the camera's name, or (height, width), by which it was opened; None where the
            recording says its size.
        rate: the rate in frames per second that was given, if any.
        second: a second recording that is compared with it, of the same frame size; None at first.
        pictures: the last pictures of its frames.
        sequence: sharp pictures of it that are shown; None at first.
        previous_sequence: those that were shown before; None until there are two.
        next_sequence: a sequence of which no picture is shown yet; None where there is none.
        exports: what the page exports; `close` stops and removes it.
        version: a number that changes whenever another recording or sequence is shown.
        second_version: a number that changes with the second recording.

    Args:
        files: the files that may be opened.
        folder: a place for the sequences of this page.
    """

    def __init__(self, files: AllowedFiles, folder: Path) -> None:
        self.token = secrets.token_urlsafe(16)
        self.files = files
        self.path: Path | None = None
        self.camera: str | tuple[int, int] | None = None
        self.rate: float | None = None
        self.stream: SpikeStream | None = None
        self.second: SpikeStream | None = None
        self.second_version = 0
        self.pictures = PictureCache()
        self.sequence: SharpSequence | None = None
        self.previous_sequence: SharpSequence | None = None
        self.next_sequence: SharpSequence | None = None
        self.version, self._sequence_count = 0, 0
        self._folder = folder / self.token
        self.exports = PageExports(self._folder / "exports")
        self._cleanup_threads: list[threading.Thread] = []

    def open_sample(self) -> None:
        """Open the recording that ships with spikecam."""
        stream = open_recording(sample.SPIKES).with_name(sample.SPIKES.name)
        self.set_recording(sample.SPIKES, stream)

    @property
    def can_change_size(self) -> bool:
        """Whether the open recording may be read with another frame size."""
        form = None if self.path is None else find_format_or_none(self.path)
        return form is not None and form.needs_geometry and self.path != sample.SPIKES

    def needs_frame_size(self, path: Path) -> bool:
        """Whether the frame size of a recording must be asked for.

        Raises:
            FileError: it may not be opened, is empty, or its sidecar file is damaged.
        """
        real = self.files.resolve_path(path)
        form = find_format_or_none(real)
        if form is not None and form.is_folder:
            return False
        check_existing_file(real)
        if form is None:
            raise FileError(f"{real.name} is no recording; choose a {suffixes_as_text()} file")
        return form.needs_geometry and read_sidecar(real) is None

    def read_stream(
        self, path: Path, camera: str | tuple[int, int] | None = None, rate: float | None = None
    ) -> SpikeStream:
        """Read the stream of a recording; the session stays as it is.

        ``camera`` is a name or (height, width), where the file needs one; it goes before what a
        sidecar file says, and so does ``rate`` in frames per second. A file that ends within a
        frame is read without that frame.

        Raises:
            SpikecamError: as `spikecam.open`, or a file that may not be opened.
        """
        real = self.files.resolve_path(path)
        try:
            stream = read_recording(real, camera)
        except SpikecamError as error:
            # The page shows names: folders are the server's, and those of uploads are temporary.
            raise type(error)(str(error).replace(str(real), real.name)) from error
        if not len(stream):
            raise FileError(f"{path.name} holds no whole frame of that size; choose another size")
        stream = stream.with_name(path.name)
        return stream if rate is None else stream.with_rate(rate)

    def remember_size(self, path: Path, geometry: Geometry, *, whole_folder: bool) -> int:
        """Write the frame size of a recording to its sidecar file.

        Args:
            path: the recording.
            geometry: its frame size, and rate if it is known.
            whole_folder: also of the other recordings of its folder that have no sidecar file and
                are a whole number of such frames.

        Returns:
            The number of sidecar files that were written.

        Raises:
            FileError, OutputError: a file may not be opened, or a sidecar file not be written.
        """
        paths = [path]
        if whole_folder:
            paths += self.list_recordings_that_fit(path, geometry)
        for each in paths:
            real = self.files.resolve_path(each)
            before = read_sidecar(real)
            if before is None:
                write_sidecar(real, geometry)
            else:
                rate = geometry.rate or before.rate
                write_sidecar(real, replace(geometry, rate=rate, exposure=before.exposure))
        return len(paths)

    def list_recordings_that_fit(self, path: Path, geometry: Geometry) -> list[Path]:
        """List other recordings of a folder that do not say their size and that this one fits."""
        return [
            entry.path
            for entry in self.files.list_folder(path.parent)
            if entry.kind == "recording"
            and entry.path.name != path.name
            and entry.size
            and entry.size % geometry.frame_bytes == 0
            and _lacks_size(entry.path)
        ]

    def set_recording(
        self,
        path: Path,
        stream: SpikeStream,
        camera: str | tuple[int, int] | None = None,
        rate: float | None = None,
    ) -> None:
        """Set the recording that the page works on, with the arguments of `read_stream`."""
        self._drop_sequences()
        self.pictures.clear()
        self.version += 1
        self.path, self.stream = path, stream
        self.camera, self.rate = camera, rate
        self.set_second(None)

    def list_recordings_beside(self) -> list[Path]:
        """List the other recordings in the folder of the open one."""
        if self.path is None or self.path == sample.SPIKES:
            return []
        return [
            entry.path
            for entry in self.files.list_folder(self.path.parent)
            if entry.kind == "recording" and entry.path.name != self.path.name
        ]

    def read_second_stream(self, path: Path) -> SpikeStream:
        """Read a recording to compare with the open one.

        Where it does not say its size, that of the open one is taken.

        Raises:
            GeometryError: its frames have another size.
            SpikecamError: as of `read_stream`.
        """
        if self.stream is None:
            raise OptionError("open a recording first")
        height, width = self.stream.height, self.stream.width
        camera = (self.camera or (height, width)) if self.needs_frame_size(path) else None
        second = self.read_stream(path, camera)
        if (second.height, second.width) != (height, width):
            raise GeometryError(
                f"{path.name} has frames of {second.width}x{second.height} pixels, and the open "
                f"recording of {width}x{height}; choose one of the same size"
            )
        return second

    def set_second(self, second: SpikeStream | None) -> None:
        """Set the recording that is compared with the open one, if any."""
        self.second = second
        self.second_version += 1

    def list_pictures_for_recording(self) -> list[Path]:
        """List pictures that may belong to the recording.

        They are those beside it, and uploaded ones.
        """
        if self.path == sample.SPIKES:
            beside = [sample.BLUR]
        elif self.path is not None:
            entries = self.files.list_folder(self.path.parent)
            beside = [entry.path for entry in entries if entry.kind == "picture"]
        else:
            beside = []
        uploaded = [entry.path for entry in self.files.list_folder(self.files.uploads)]
        return list(dict.fromkeys([*beside, *filter(is_picture, uploaded)]))

    def resolve_picture(self, path: Path) -> Path:
        """The real path of one of `list_pictures_for_recording`.

        Raises:
            FileError: it may not be opened.
        """
        return path if path == sample.BLUR else self.files.resolve_path(path)

    def start_sequence(
        self,
        blur: Path | None,
        frames: Frames,
        exposure: Span | None,
        method: Method,
        options: Mapping[str, Any],
        pair: PairSettings | None = None,
    ) -> SharpSequence:
        """Start a sequence, whose pictures are yet to be made; the present one stays.

        Args:
            blur: one of `list_pictures_for_recording`; None for spikes alone.
            frames: frame indices, or how many, spaced evenly over the exposure.
            exposure: frames (start, stop) during which the picture was exposed; None for what the
                recording says, or else an estimate from the pair. Of spikes alone it is what a
                number of frames is spread over.
            method: one that takes spikes and a picture, or either.
            options: of the method.
            pair: how picture and spikes are read together; by default measured and checked.

        Raises:
            SpikecamError: as of `SharpSequence`, or a picture that is missing or may not be opened.
        """
        stream = self.stream
        if stream is None:
            raise OptionError("open a recording first")
        picture = None if blur is None else self.resolve_picture(blur)
        pair = pair or PairSettings()
        encoding = self._resolve_encoding(str(pair.encoding))
        if picture is None and isinstance(frames, int):
            window = method.window(method.parse_options(options), stream)
            frames = evenly_spaced_frames(stream, frames, exposure, window)
        if picture is None or exposure == stream.exposure:
            # The request says which exposure it takes where it has none.
            exposure = None
        request_class: type[DeblurRequest | GenerateRequest] = GenerateRequest
        if method.takes is not Takes.SPIKES_OR_PICTURE:
            if picture is None:
                raise OptionError(f"{method.name} needs a blurry picture; choose one")
            request_class = DeblurRequest
        request = request_class(
            picture,  # type: ignore[arg-type]
            stream,
            method.name,
            options,
            frames=frames,
            exposure=exposure,
            encoding=encoding,
            check_match=pair.check_match,
        )
        self._sequence_count += 1
        sequence = SharpSequence(self._folder / f"sequence-{self._sequence_count}", request)
        if self.stream is not stream:
            raise OptionError("another recording was opened meanwhile; start again")
        self.drop_next_sequence()
        self.next_sequence = sequence
        return sequence

    def show_next_sequence(self) -> None:
        """Show the sequence that was started, in the place of the present one.

        That stays as the previous one, and the previous one is removed.
        """
        if self.next_sequence is not None:
            self._remove_files_of(self.previous_sequence)
            self.previous_sequence = self.sequence
            self.sequence, self.next_sequence = self.next_sequence, None
            self.version += 1

    def drop_next_sequence(self) -> None:
        """Stop and remove the sequence that was started, if none of its pictures is shown."""
        self._remove_files_of(self.next_sequence)
        self.next_sequence = None

    def list_encoding_files(self) -> list[Path]:
        """List files that may hold the encoding of a picture.

        They are the JSON files beside the recording that hold one.
        """
        if self.path is None or self.path == sample.SPIKES:
            return []
        paths = sorted(self.path.parent.glob("*.json"))
        return [path for path in paths if _holds_encoding(path)]

    def _resolve_encoding(self, notation: str) -> str:
        """Notation of an encoding; a file must be one that may be opened.

        Raises:
            FileError: it may not.
        """
        if is_encoding_file(notation):
            return str(self.files.resolve_path(Path(notation)))
        return notation

    def close(self) -> None:
        """Close the session: stop its work, and remove its files in the background.

        What is large goes at once: someone may still refer to the session.
        """
        self._drop_sequences()
        self.pictures.clear()
        self.stream = self.second = None
        self.exports.cancel()
        if self.exports.folder.exists():
            self._start_cleanup(self.exports.remove)

    @property
    def is_removing_files(self) -> bool:
        """Whether files of earlier sequences, or of a closed page, are being removed."""
        return any(thread.is_alive() for thread in self._cleanup_threads)

    def wait_for_file_removal(self) -> None:
        """Wait until the files that are being removed are gone."""
        for thread in self._cleanup_threads:
            thread.join()

    def _drop_sequences(self) -> None:
        self.drop_next_sequence()
        for sequence in (self.sequence, self.previous_sequence):
            self._remove_files_of(sequence)
        self.sequence = self.previous_sequence = None

    def _remove_files_of(self, sequence: SharpSequence | None) -> None:
        """Stop a sequence, and remove its files in the background."""
        if sequence is not None:
            sequence.stop()
            self._start_cleanup(sequence.stop_and_remove_files)

    def _start_cleanup(self, action: Callable[[], None]) -> None:
        thread = threading.Thread(target=action)
        thread.start()
        running = [one for one in self._cleanup_threads if one.is_alive()]
        self._cleanup_threads = [*running, thread]


def _lacks_size(path: Path) -> bool:
    """Whether a recording is of a format that does not say its size, and has no sidecar file."""
    form = find_format_or_none(path)
    try:
        return form is not None and form.needs_geometry and read_sidecar(path) is None
    except FileError:
        return False


def _holds_encoding(path: Path) -> bool:
    try:
        parse_encoding(path)
    except SpikecamError:
        return False
    return True
