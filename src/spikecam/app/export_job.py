"""The writing of a film in the background, with its progress; it can be cancelled."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from spikecam.app.view_export import ViewExport
from spikecam.picture import Picture
from spikecam.stream import SpikeStream


class _CancelledError(Exception):
    """Leaves the writing of a film."""


class ExportJob:
    """A frame or film that is written to a folder of its own.

    Attributes:
        path: the file, once it is whole.
        count, finished_count: pictures that it has, and those that are made.
        is_cancelled: whether `cancel` was called.

    Args:
        export: what is saved.
        stream: the open recording.
        folder: for the file; it is made, and removed by `remove`.

    Raises:
        SpikecamError: as of `ReconstructRequest.check` and `open_output`.
    """

    def __init__(self, export: ViewExport, stream: SpikeStream, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.path = folder / export.file_name
        self._output = export.open_output(str(self.path))
        self._prepared = export.request(stream).check(self._output.kind)
        self.count, self.finished_count, self.is_cancelled = len(self._prepared.frames), 0, False
        self._lock, self._is_running, self._is_removed = threading.Lock(), False, False

    def run(self) -> bool:
        """Write the file. False where it was cancelled; nothing is there then.

        It is to be called once, in a thread of its own.

        Raises:
            SpikecamError: a picture that cannot be made, or a file that cannot be written.
        """
        with self._lock:
            if self._is_removed:
                return False
            self._is_running = True
        try:
            self._output.write(self._pictures(), self._prepared.frames)
        except _CancelledError:
            return False
        finally:
            with self._lock:
                self._is_running = False
            if self._is_removed_by_now():
                self._remove_files()
        return True

    def cancel(self) -> None:
        """Stop after the picture at hand."""
        self.is_cancelled = True

    def remove(self) -> None:
        """Stop, and remove the file, at once or when the picture at hand is made."""
        self.cancel()
        with self._lock:
            self._is_removed = True
            if not self._is_running:
                self._remove_files()

    def _pictures(self) -> Iterator[Picture]:
        for _, picture in self._prepared.run():
            if self.is_cancelled:
                raise _CancelledError
            yield picture
            self.finished_count += 1

    def _is_removed_by_now(self) -> bool:
        with self._lock:
            return self._is_removed

    def _remove_files(self) -> None:
        shutil.rmtree(self.path.parent, ignore_errors=True)
