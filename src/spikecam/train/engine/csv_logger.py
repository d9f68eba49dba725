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
    """Measures as lines of ``metrics.csv``: step, name, value.

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
        """None is needed."""
        return ""

    @property
    def version(self) -> str:
        """None is needed."""
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: they are in ``config.json``."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add a line for each."""
        if not self._open:
            self._start()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            rows = ([step, name, f"{value:.6g}"] for name, value in metrics.items())
            csv.writer(file).writerows(row for row in rows if row[1] != "epoch")

    def _start(self) -> None:
        rows = [row for row in read_metrics(self.path) if int(row[0]) < self.step]
        with (
            atomic_path(self.path) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            csv.writer(file).writerows([_HEADER, *rows])
        self._open = True


def read_metrics(path: Path) -> list[list[str]]:
    """Whole lines (step, name, value) of a CSV file of measures; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if len(row) == 3 and row[0].isdecimal()]


def last_measures(folder: Path) -> dict[str, float]:
    """The latest value of every measure of validation, of a run in this folder."""
    rows = read_metrics(folder / METRICS)
    return {name: float(value) for _, name, value in rows if name.startswith("val/")}
