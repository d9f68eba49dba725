"""A training run: checkpoints, logs, resuming, on any number of devices, by Lightning."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, WeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from spikecam.errors import OptionError, OutputError, SpikecamError
from spikecam.resources import pick_device
from spikecam.train.config import RunConfig
from spikecam.train.folder import CHECKPOINT, begin, check_run, kept, reached
from spikecam.train.quiet import quiet
from spikecam.train.samples import Samples
from spikecam.train.stage import Stage
from spikecam.train.watch import Bar, Heed, Keep, Show, Table, Tell, WholeFiles

# One of these is there where several machines train together.
_TOGETHER = ("MASTER_ADDR", "SLURM_NTASKS", "TORCHELASTIC_RUN_ID")


@dataclass(frozen=True)
class Report:
    """How a run tells of itself.

    Attributes:
        say: takes a line of text, on the first of several processes.
        bar: whether a progress bar is drawn, rather than a line said at the end of each epoch.
        command: that the run was begun with.
        check: is called at every step, and raises what ends the run.
    """

    say: Callable[[str], None] | None = None
    bar: bool = False
    command: str = ""
    check: Callable[[], None] | None = None


def run(
    stage: Stage,
    samples: Samples,
    folder: Path,
    config: RunConfig,
    *,
    settings: Mapping[str, Any],
    report: Report | None = None,
    callbacks: Sequence[Callback] = (),
) -> bool:
    """Train ``stage``, from the last checkpoint in ``folder`` on where there is one.

    A run that was killed goes on from the end of its last whole epoch, and ends, on processors, at
    the same weights as one that was not. The folder holds ``last.ckpt``; ``config.json``, the
    settings; ``metrics.csv``, the measures; ``logs``, all that for TensorBoard; and ``pictures``.

    Args:
        stage: the network and its loss; trained when this ends.
        samples: to train with and to judge by.
        folder: where to.
        config: of the run, as ``stage`` and ``samples`` have it.
        settings: all that the result depends on; a folder begun with others is refused.
        report: how the run tells of itself; by default not at all.
        callbacks: what else looks on.

    Returns:
        Whether this process is the first of those that trained: the one to write results.

    Raises:
        OutputError: a folder that is in use, was begun otherwise, or cannot be written. The last
            good checkpoint stays.
        OptionError: devices that are not there.
        SpikecamError: a loss that is not a number; at which step, the message says.
        FileError: a sample or a checkpoint that cannot be read.
        KeyboardInterrupt: it was asked to stop.
    """
    report = report or Report()
    kind = check_devices(config)
    check_run(folder, settings)
    last = folder / CHECKPOINT
    step = 0
    if last.exists():
        step, epoch = reached(last, stage)
        samples.epoch = epoch
        if report.say is not None:
            report.say(f"{last} keeps {epoch} of {config.epochs} epochs")
    with quiet(), _plain_errors(folder):
        if kind == "cuda":
            torch.set_float32_matmul_precision("high")
        many = stage.sparse and config.devices * config.nodes > 1
        trainer = lightning.Trainer(
            accelerator=kind,
            strategy="ddp_find_unused_parameters_true" if many else "auto",
            devices=config.devices,
            num_nodes=config.nodes,
            precision=config.precision,  # type: ignore[arg-type]
            max_epochs=config.epochs,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            gradient_clip_val=stage.clip,
            log_every_n_steps=min(50, config.epoch_steps),
            logger=[
                Table(folder, step),
                TensorBoardLogger(folder, "", "logs", purge_step=step),
            ],
            callbacks=[*callbacks, *_averaging(stage), *_callbacks(folder, config, report)],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            plugins=[WholeFiles()],
        )
        if trainer.is_global_zero:
            begin(folder, settings, {"command": report.command, "precision": config.precision})
        trainer.fit(stage, samples, ckpt_path=last if step else None, weights_only=True)
    # What is kept is the average, where there is one; a run that was done leaves the others.
    stage.load_state_dict(kept(last)["state_dict"])
    return trainer.is_global_zero


def check_devices(config: RunConfig) -> str:
    """The kind of device to train on, "cpu" or "cuda".

    Raises:
        OptionError: it is not there, or cannot compute as asked.
    """
    kind = pick_device(config.accelerator).type
    found = torch.cuda.device_count()
    if kind == "cuda" and found < config.devices:
        raise OptionError(
            f"{config.devices} CUDA devices are wanted and {found} are here; choose fewer "
            "--devices, or --accelerator cpu"
        )
    if config.nodes > 1 and not any(name in os.environ for name in _TOGETHER):
        raise OptionError(
            f"{config.nodes} machines find each other by a cluster (SLURM, torchrun), or by "
            "MASTER_ADDR, MASTER_PORT and each one's NODE_RANK in the environment; set these, or "
            "leave --nodes out"
        )
    if kind == "cpu" and config.precision == "16-mixed":
        raise OptionError("processors do not train in 16-mixed; choose --precision bf16-mixed")
    return kind


def _averaging(stage: Stage) -> list[Callback]:
    """A moving average of the weights, over fewer steps where there were few."""
    most = stage.averaged
    if most is None:
        return []

    def mixed(average: Tensor, current: Tensor, steps: Tensor | int) -> Tensor:
        share = min(most, (float(steps) + 1) / (float(steps) + 20))
        return torch.lerp(current, average, share)

    return [WeightAveraging(device=None, use_buffers=False, avg_fn=mixed)]


def _callbacks(folder: Path, config: RunConfig, report: Report) -> list[Callback]:
    callbacks: list[Callback] = [
        Heed(report.check),
        Keep(folder),
        Show(folder, config.epochs),
        LearningRateMonitor("step"),
    ]
    if report.bar:
        callbacks.append(Bar())
    elif report.say is not None:
        callbacks.append(Tell(report.say))
    return callbacks


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    """What goes wrong in a run, in one sentence."""
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
            _, _, said = text.strip().splitlines()[-1].partition(": ")
            raise type(error)(said) from error
        raise
    except torch.cuda.OutOfMemoryError as error:
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
