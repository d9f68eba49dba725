"""Training runs on Lightning: checkpoints, logs, resuming, on any number of devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, WeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from spikecam.errors import OutputError, SpikecamError
from spikecam.train.engine.callbacks import (
    CheckpointCallback,
    EpochConsoleLog,
    SamplePictureCallback,
    StopRequestCallback,
)
from spikecam.train.engine.checkpoint_io import AtomicCheckpointIO
from spikecam.train.engine.cluster import pick_cluster_environment
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.csv_logger import CsvLogger
from spikecam.train.engine.devices import pick_training_device
from spikecam.train.engine.gradient_strides import match_gradient_strides
from spikecam.train.engine.job import RunReport
from spikecam.train.engine.lightning_messages import suppressing_lightning_advice
from spikecam.train.engine.module import StageModule
from spikecam.train.engine.progress_bar import RunProgressBar
from spikecam.train.engine.run_folder import (
    CHECKPOINT,
    check_run_settings,
    load_checkpoint,
    steps_and_epochs_of_checkpoint,
    write_run_settings,
)
from spikecam.train.engine.sampler import SampleDataModule
from spikecam.train.engine.stage import Stage


def run_training(
    stage: Stage,
    samples: SampleDataModule,
    folder: Path,
    config: RunConfig,
    *,
    settings: Mapping[str, Any],
    report: RunReport | None = None,
    callbacks: Sequence[Callback] = (),
) -> bool:
    """Train a stage in a run folder, resuming from its last checkpoint where there is one.

    A run that was killed goes on from the end of its last whole epoch, and ends, on processors, at
    the same weights as one that was not. The folder holds ``last.ckpt``; ``config.json``, the
    settings; ``metrics.csv``, the measures; ``logs``, all that for TensorBoard; and ``pictures``.

    Args:
        stage: the network and its loss; trained when this ends.
        samples: for training and validation.
        folder: of the run.
        config: of the run, as ``samples`` has it.
        settings: all that the result depends on; a folder begun with others is refused.
        report: how the run reports; by default not at all.
        callbacks: further ones.

    Returns:
        Whether this process is the first of those that trained: the one to write results.

    Raises:
        OutputError: a folder that is in use, was begun otherwise, or cannot be written. The last
            good checkpoint stays.
        OptionError: devices that are not there, or processes that do not find each other.
        SpikecamError: a loss that is not a number; at which step, the message says.
        FileError: a sample or a checkpoint that cannot be read.
        KeyboardInterrupt: it was asked to stop.
    """
    report = report or RunReport()
    device, cluster = pick_training_device(config), pick_cluster_environment(config)
    check_run_settings(folder, settings)
    module = StageModule(stage, config)
    checkpoint = folder / CHECKPOINT
    step = 0
    if checkpoint.exists():
        step, epoch = steps_and_epochs_of_checkpoint(checkpoint, module)
        samples.first_epoch = epoch
        report.say_line(f"{checkpoint} keeps {epoch} of {config.epochs} epochs")
    with suppressing_lightning_advice(), _explaining_training_errors(folder):
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")
        several = config.devices * config.nodes > 1
        if several:
            match_gradient_strides(module)
        trainer = lightning.Trainer(
            accelerator=device.type,
            strategy="ddp_find_unused_parameters_true"
            if stage.unused_parameters and several
            else "auto",
            devices=config.devices if device.index is None else [device.index],
            num_nodes=config.nodes,
            precision=config.precision,  # type: ignore[arg-type]
            max_epochs=config.epochs,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            gradient_clip_val=stage.max_gradient_norm,
            log_every_n_steps=min(50, config.steps_per_epoch),
            logger=[
                CsvLogger(folder, step),
                TensorBoardLogger(folder, "", "logs", purge_step=step),
            ],
            callbacks=[
                *callbacks,
                *_make_averaging_callbacks(stage),
                *_callbacks(folder, config, report),
            ],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=report.progress_bar,
            plugins=[AtomicCheckpointIO(), *([] if cluster is None else [cluster])],
            # In the current folder Lightning looks for checkpoints that others left on Slurm.
            default_root_dir=folder,
        )
        if trainer.is_global_zero:
            environment = {"command": report.command, "precision": config.precision}
            write_run_settings(folder, settings, environment)
        trainer.fit(module, samples, ckpt_path=checkpoint if step else None, weights_only=True)
    # What is saved is the average, where there is one; a run that was done leaves the others.
    module.load_state_dict(load_checkpoint(checkpoint)["state_dict"])
    return trainer.is_global_zero


def _make_averaging_callbacks(stage: Stage) -> list[Callback]:
    """Callbacks that average the weights of a stage: one, or none where it asks for no average.

    At the start the average is over fewer steps.
    """
    decay = stage.average_decay
    if decay is None:
        return []

    def average(average: Tensor, current: Tensor, steps: Tensor | int) -> Tensor:
        share = min(decay, (float(steps) + 1) / (float(steps) + 20))
        return torch.lerp(current, average, share)

    return [WeightAveraging(device=None, use_buffers=False, avg_fn=average)]


def _callbacks(folder: Path, config: RunConfig, report: RunReport) -> list[Callback]:
    callbacks: list[Callback] = [
        StopRequestCallback(report.check_stop),
        CheckpointCallback(folder),
        SamplePictureCallback(folder, config.epochs),
        LearningRateMonitor("step"),
    ]
    if report.progress_bar:
        callbacks.append(RunProgressBar(config.total_steps))
    elif report.say is not None:
        callbacks.append(EpochConsoleLog(report.say))
    return callbacks


@contextmanager
def _explaining_training_errors(folder: Path) -> Iterator[None]:
    """Context in which errors of training become one sentence."""
    try:
        yield
    except SystemExit as stopped:
        # So Lightning ends when it is interrupted.
        if isinstance(stopped.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    except SpikecamError as error:
        text = str(error)
        if text.startswith("Caught "):
            # From a process that prepares samples: the sentence is the last line.
            _, _, sentence = text.strip().splitlines()[-1].partition(": ")
            raise type(error)(sentence) from error
        raise
    except torch.OutOfMemoryError as error:
        raise SpikecamError("the GPU's memory is too small; choose a smaller --batch") from error
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise SpikecamError(
            "a process that prepares samples was ended by the system; choose fewer --workers, or a "
            "smaller --batch, and repeat the command: it goes on from the last epoch"
        ) from error
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}; make room, and repeat the command: "
            "it goes on from the last epoch"
        ) from error
