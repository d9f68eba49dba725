"""The progress bar of a run."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import lightning
from lightning.pytorch.callbacks import RichProgressBar
from rich.progress import ProgressColumn, Task
from rich.text import Text


class RunProgressBar(RichProgressBar):
    """Lightning's progress bar on stderr, with the time left of the whole run.

    Args:
        total_steps: of the run.
    """

    def __init__(self, total_steps: int) -> None:
        super().__init__(console_kwargs={"stderr": True})
        self.total_steps = total_steps

    def configure_columns(self, trainer: lightning.Trainer) -> list[Any]:
        """Columns of the progress bar: Lightning's, and the time left."""
        return [*super().configure_columns(trainer), RunTimeColumn(trainer, self.total_steps)]

    def get_metrics(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> dict[str, Any]:
        """Metrics that the progress bar shows, without the version number."""
        metrics: dict[str, Any] = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)
        return metrics


class RunTimeColumn(ProgressColumn):
    """Column of the progress bar: time left of the whole run."""

    def __init__(self, trainer: lightning.Trainer, total_steps: int) -> None:
        super().__init__()
        self.trainer, self.total_steps = trainer, total_steps
        self.start_step, self.start_time = trainer.global_step, time.monotonic()

    def render(self, task: Task) -> Text:
        """Render the time left as text."""
        steps = self.trainer.global_step - self.start_step
        if steps < 1:
            return Text("")
        seconds = (time.monotonic() - self.start_time) / steps
        remaining = round(seconds * (self.total_steps - self.trainer.global_step))
        return Text(f"{timedelta(seconds=remaining)} left of the run")
