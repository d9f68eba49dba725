"""What looks on while a network is trained: keeps, tells, shows, and stops it."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.utilities import rank_zero_only
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from torch import Tensor

from spikecam.errors import SpikecamError
from spikecam.io.atomic import atomic_path
from spikecam.io.pictures import write_picture
from spikecam.train.folder import CHECKPOINT, MEASURES, PICTURES
from spikecam.train.stage import Stage

# A run leaves about this many pictures.
_PICTURES = 50


class WholeFiles(TorchCheckpointIO):
    """Checkpoints that are whole, or stay what they were."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write aside, then rename."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with atomic_path(Path(path)) as temporary:
            # Not by torch itself, which does not tell that the disk is full.
            temporary.write_bytes(content.getbuffer())


class Heed(Callback):
    """Ends a run that was asked to stop where nothing could be raised, at the next step."""

    def __init__(self, check: Callable[[], None] | None) -> None:
        self._check = check or (lambda: None)

    def on_train_batch_start(self, *_: Any) -> None:
        """Look whether it was."""
        self._check()

    def on_validation_batch_start(self, *_: Any) -> None:
        """Look whether it was."""
        self._check()


class Keep(Callback):
    """A checkpoint at the end of every epoch, of weights that are numbers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def on_before_backward(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, loss: Tensor
    ) -> None:
        """Stop where the loss is no number."""
        if not torch.isfinite(loss):
            self._stop(trainer, "the loss is")

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the checkpoint."""
        if not all(bool(values.isfinite().all()) for values in pl_module.parameters()):
            self._stop(trainer, "weights are")
        trainer.save_checkpoint(self.path)

    def _stop(self, trainer: lightning.Trainer, what: str) -> None:
        kept = f"{self.path} keeps the last good epoch" if self.path.exists() else "nothing is kept"
        raise SpikecamError(
            f"{what} not a number at step {trainer.global_step}; {kept}: try a lower --lr, or "
            "--precision 32-true, in a new folder"
        )


class Show(Callback):
    """Pictures of the validation, for TensorBoard and as files, about 50 in a run."""

    def __init__(self, folder: Path, epochs: int) -> None:
        self.folder, self.every = folder / PICTURES, -(-epochs // _PICTURES)

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the picture of this epoch, if it is its turn."""
        epoch = trainer.current_epoch + 1
        due = epoch == 1 or epoch == trainer.max_epochs or epoch % self.every == 0
        if not (due and trainer.is_global_zero and isinstance(pl_module, Stage)):
            return
        if pl_module.shown is not None:
            pixels = pl_module.shown.permute(1, 2, 0).numpy()
            write_picture(self.folder / f"epoch_{epoch:04d}.png", pixels)
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    # As the measures are: a run that resumes purges what lies at its first step.
                    step = trainer.global_step - 1
                    logger.experiment.add_image("val", pl_module.shown, step)


class Tell(Callback):
    """A line at the end of every epoch, where no bar is seen."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.start = say, time.monotonic()

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Look at the clock."""
        self.start = time.monotonic()

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Say how far it is."""
        if trainer.is_global_zero:
            self.say(f"{_measures(trainer)}, {time.monotonic() - self.start:.0f} s")


class Bar(Callback):
    """A bar on a terminal, with the time that is left of the whole run."""

    def __init__(self) -> None:
        self.bar: Progress | None = None

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Draw the bar."""
        if trainer.is_global_zero and isinstance(pl_module, Stage):
            columns = (BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn())
            text = TextColumn("{task.description}")
            self.bar = Progress(*columns, text, console=Console(stderr=True), transient=True)
            total, done = pl_module.config.total, trainer.global_step
            self.bar.add_task("", total=total, completed=done)
            self.bar.start()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """A step further."""
        if self.bar is not None:
            self.bar.advance(self.bar.task_ids[0])

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Show what was measured."""
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], description=_measures(trainer))

    def on_train_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()

    def on_exception(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        exception: BaseException,
    ) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


class Table(Logger):
    """Measures as lines of ``metrics.csv``: step, name, value.

    Lines of a run that was killed, beyond the checkpoint it goes on from, are taken away.

    Args:
        folder: of the run.
        step: of the checkpoint.
    """

    def __init__(self, folder: Path, step: int) -> None:
        super().__init__()
        self.path, self.step, self.begun = folder / MEASURES, step, False

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
        """They are in ``config.json``."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add lines."""
        if not self.begun:
            self._begin()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            rows = ([step, name, f"{value:.6g}"] for name, value in metrics.items())
            csv.writer(file).writerows(row for row in rows if row[1] != "epoch")

    def _begin(self) -> None:
        rows = []
        if self.path.exists():
            with self.path.open(encoding="utf-8", newline="") as file:
                found = [row for row in csv.reader(file) if len(row) == 3 and row[0].isdecimal()]
            rows = [row for row in found if int(row[0]) < self.step]
        with (
            atomic_path(self.path) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            csv.writer(file).writerows([["step", "name", "value"], *rows])
        self.begun = True


def _measures(trainer: lightning.Trainer) -> str:
    held = sorted(trainer.callback_metrics.items())
    measures = [one for one in held if one[0].startswith(("train/", "val/"))]
    said = ", ".join(f"{name} {float(value):.4g}" for name, value in measures)
    return f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}: {said}"
