"""Lightning callbacks: stop requests, checkpoints, sample pictures, console, early stopping."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from spikecam.errors import SpikecamError
from spikecam.io.pictures import write_picture
from spikecam.train.engine.module import StageModule
from spikecam.train.engine.run_folder import CHECKPOINT, PICTURES

# A run leaves about this many sample pictures.
_SAMPLE_PICTURES = 50


class StopRequestCallback(Callback):
    """Callback that stops training at the next step if a stop was requested.

    Args:
        check_stop: raises where a stop was asked for; None for nothing.
    """

    def __init__(self, check_stop: Callable[[], None] | None) -> None:
        self._check_stop = check_stop or (lambda: None)

    def on_train_batch_start(self, *_: Any) -> None:
        """Check before each training step."""
        self._check_stop()

    def on_validation_batch_start(self, *_: Any) -> None:
        """Check before each validation step."""
        self._check_stop()


class CheckpointCallback(Callback):
    """Callback that writes a checkpoint at the end of every epoch, of finite weights.

    Lightning's ModelCheckpoint keeps the folder's absolute path in the checkpoint, and so notices
    when a run is moved; and the weights have to be checked right before they are written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def on_before_backward(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, loss: Tensor
    ) -> None:
        """Stop training where the loss is not finite."""
        if not torch.isfinite(loss):
            self._stop(trainer, "the loss is")

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the checkpoint."""
        if not all(bool(values.isfinite().all()) for values in pl_module.parameters()):
            self._stop(trainer, "weights are")
        trainer.save_checkpoint(self.path)

    def _stop(self, trainer: lightning.Trainer, subject: str) -> None:
        last = "keeps the last good epoch"
        saved = f"{self.path} {last}" if self.path.exists() else "nothing is kept"
        raise SpikecamError(
            f"{subject} not a number at step {trainer.global_step}; {saved}: try a lower --lr, or "
            "--precision 32-true, in a new folder"
        )


class SamplePictureCallback(Callback):
    """Callback that saves sample pictures of the validation, about 50 in a run."""

    def __init__(self, folder: Path, epochs: int) -> None:
        self.folder, self.interval = folder / PICTURES, -(-epochs // _SAMPLE_PICTURES)

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the picture of this epoch, where one is due."""
        epoch = trainer.current_epoch + 1
        due = epoch == 1 or epoch == trainer.max_epochs or epoch % self.interval == 0
        if not (due and trainer.is_global_zero and isinstance(pl_module, StageModule)):
            return
        if pl_module.sample_sheet is not None:
            pixels = pl_module.sample_sheet.permute(1, 2, 0).numpy()
            write_picture(self.folder / f"epoch_{epoch:04d}.png", pixels)
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    # As the measures are: a run that resumes purges what lies at its first step.
                    step = trainer.global_step - 1
                    logger.experiment.add_image("val", pl_module.sample_sheet, step)


class EpochConsoleLog(Callback):
    """Callback that prints a line at the end of every epoch, in place of a progress bar."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.start = say, time.monotonic()

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Note the time at which the epoch starts."""
        self.start = time.monotonic()

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Print the epoch, its measures, and how long it took."""
        if trainer.is_global_zero:
            measures = ", ".join(
                f"{name} {float(value):.4g}"
                for name, value in sorted(trainer.callback_metrics.items())
                if name.startswith(("train/", "val/"))
            )
            epoch = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
            self.say(f"{epoch}: {measures}, {time.monotonic() - self.start:.0f} s")


class ResumableEarlyStopping(EarlyStopping):
    """Early stopping that also holds when a run is resumed: a stopped run stops at once.

    Args:
        measure: of the validation, that should rise.
        patience: epochs without a rise after which the run ends.
    """

    def __init__(self, measure: str, patience: int) -> None:
        # With the validation, before the checkpoint is written.
        super().__init__(measure, patience=patience, mode="max", check_on_train_epoch_end=False)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Stop a resumed run that had already been stopped."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class BestWeights(Callback):
    """Callback that keeps the weights of the best validation, if better than the start.

    Args:
        measure: of the validation, that should rise.
        best: its value at the start.

    Attributes:
        weights: the state of the network; None where none was better.
    """

    def __init__(self, measure: str, best: float) -> None:
        self.measure, self.best = measure, best
        self.weights: dict[str, Tensor] | None = None
        self._evaluated: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Copy the weights that were evaluated, while they are the averaged ones."""
        state = pl_module.network.state_dict()
        self._evaluated = {name: values.detach().cpu().clone() for name, values in state.items()}

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Keep the copied weights if they are the best."""
        value = float(trainer.callback_metrics[self.measure])
        if value > self.best:
            self.best, self.weights = value, self._evaluated

    def state_dict(self) -> dict[str, Any]:
        """State of the callback for the checkpoint."""
        return {"best": self.best, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state of the callback from the checkpoint."""
        self.best, self.weights = state_dict["best"], state_dict["weights"]
