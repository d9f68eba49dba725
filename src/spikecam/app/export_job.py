"""The writing of a film in the background, with its progress; it can be cancelled."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from spikecam.app.view_export import ViewExport
from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.stream import SpikeStream


class _CancelledError(Exception):
    """Leaves the writing of a film."""


class ExportJob:
    """A frame or film that is written to a folder of its own.

    Attributes:
        path: the file, once it is whole.
        folder: of the file.
        count, finished_count: pictures that it has, and those that are made.
        is_cancelled: whether `cancel` was called.

    Args:
        export: what is saved.
        stream: the open recording.
        folder: for the file; it is made, and removed by `remove`.

    Raises:
        OptionError: the file's name leads out of the folder.
        SpikecamError: as of `ReconstructRequest.check` and `open_output`.
    """

    def __init__(self, export: ViewExport, stream: SpikeStream, folder: Path) -> None:
        self.folder, self.path = folder, folder / export.file_name
        # The folder is removed as a whole, and must be this one.
        if self.path.parent != folder:
            raise OptionError(
                f"{export.file_name!r} is no plain file name; rename the recording to save of it"
            )
        folder.mkdir(parents=True)
        self._output = export.open_output(str(self.path))
        self._prepared = export.request(stream).check(self._output.kind)
        self.count, self.finished_count, self.is_cancelled = len(self._prepared.frames), 0, False
        self._lock = threading.Lock()
        self._is_removed, self._is_idle = threading.Event(), threading.Event()
        self._is_idle.set()

    def run(self) -> bool:
        """Write the file. False where it was cancelled; nothing is there then.

        It is to be called once, in a thread of its own.

        Raises:
            SpikecamError: a picture that cannot be made, or a file that cannot be written.
        """
        with self._lock:
            if self._is_removed.is_set():
                return False
            self._is_idle.clear()
        try:
            self._output.write(self._pictures(), self._prepared.frames)
        except _CancelledError:
            return False
        finally:
            with self._lock:
                if self._is_removed.is_set():
                    self._remove_files()
                self._is_idle.set()
        return True

    def cancel(self) -> None:
        """Stop after the picture at hand."""
        self.is_cancelled = True

    def remove(self) -> None:
        """Stop, and remove the file, at once or when the picture at hand is made."""
        self.cancel()
        with self._lock:
            self._is_removed.set()
            if self._is_idle.is_set():
                self._remove_files()

    def wait(self) -> None:
        """Wait until `run` has ended, where it was called."""
        self._is_idle.wait()

    def _pictures(self) -> Iterator[Picture]:
        for _, picture in self._prepared.run():
            if self.is_cancelled:
                raise _CancelledError
            yield picture
            self.finished_count += 1

    def _remove_files(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
