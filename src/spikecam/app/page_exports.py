"""What a page exports: its files in a folder of their own, and the jobs that write them."""

from __future__ import annotations

import shutil
from pathlib import Path

from spikecam.app.export_job import ExportJob
from spikecam.app.view_export import ViewExport
from spikecam.stream import SpikeStream


class PageExports:
    """The exports of one page.

    Attributes:
        folder: holds a folder for each; it goes with the page.

    Args:
        folder: made when there is something to export.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs: list[ExportJob] = []
        self._count = 0

    def next_folder(self) -> Path:
        """A new name for the folder of one file, which is not made."""
        self._count += 1
        return self.folder / str(self._count)

    def prepare(self, export: ViewExport, stream: SpikeStream) -> ExportJob:
        """Prepare an export of an open recording, with the errors of `ExportJob`."""
        job = ExportJob(export, stream, self.next_folder())
        self._jobs = [*(one for one in self._jobs if one.folder.exists()), job]
        return job

    def cancel(self) -> None:
        """Stop all jobs after the picture at hand."""
        for job in self._jobs:
            job.cancel()

    def remove(self) -> None:
        """Stop all jobs, wait until they have ended, and remove all files."""
        for job in self._jobs:
            job.remove()
            job.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
