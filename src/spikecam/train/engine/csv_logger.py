"""Measures of a run as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from spikecam.io.atomic import atomic_path
from spikecam.train.engine.run_folder import METRICS

_HEADER = ["step", "name", "value"]


class CsvLogger(Logger):
    """Lightning logger that writes measures as lines of ``metrics.csv``: step, name, value.

    Lightning's CSVLogger deletes the file of a run that resumes. This one goes on with it, without
    the lines beyond the checkpoint.

    Args:
        folder: of the run.
        step: of the checkpoint that the run goes on from.
    """

    def __init__(self, folder: Path, step: int) -> None:
        super().__init__()
        self.path, self.step, self._open = folder / METRICS, step, False

    @property
    def name(self) -> str:
        """Name of the logger, which Lightning asks for; it is empty."""
        return ""

    @property
    def version(self) -> str:
        """Version of the logger, which Lightning asks for: none."""
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Log no hyperparameters: they are in ``config.json``."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Append a line for each metric."""
        if not self._open:
            self._start()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            rows = ([step, name, f"{value:.6g}"] for name, value in metrics.items())
            csv.writer(file).writerows(row for row in rows if row[1] != "epoch")

    def _start(self) -> None:
        rows = [row for row in read_metric_lines(self.path) if int(row[0]) < self.step]
        with (
            atomic_path(self.path) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            csv.writer(file).writerows([_HEADER, *rows])
        self._open = True


def read_metric_lines(path: Path) -> list[list[str]]:
    """Read the whole lines (step, name, value) of a metrics file.

    There are none without a file.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if len(row) == 3 and row[0].isdecimal()]


def last_validation_measures(run_folder: Path) -> dict[str, float]:
    """The last value of every validation measure of the run in a folder."""
    rows = read_metric_lines(run_folder / METRICS)
    return {name: float(value) for _, name, value in rows if name.startswith("val/")}
