"""A training run: checkpoints, logs, resuming, on any number of devices, by Lightning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader, Dataset, Sampler

from spikecam.errors import OptionError


@dataclass(frozen=True)
class RunConfig:
    """Settings of a run.

    Attributes:
        epochs: how many; a checkpoint is written, and a run resumes, at the end of each.
        steps: of the optimiser in an epoch.
        batch: samples in a step, on every device.
        lr: the highest learning rate.
        accelerator, devices, nodes, precision: as Lightning's Trainer has them.
        workers: processes that prepare samples.
        seed: of the first weights and of all samples.
    """

    epochs: int
    steps: int = 250
    batch: int = 8
    lr: float = 1e-3
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    precision: str = "32-true"
    workers: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "steps", "batch", "devices", "nodes"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is at least 1, not {getattr(self, name)}")
        if self.lr <= 0 or self.workers < 0:
            raise OptionError("a learning rate is above 0, and workers are not below")


class Turn(Sampler[int]):
    """Sample numbers that never come again: epoch n has those from n times its length on.

    Which they are depends on nothing but the epoch, so that a run that resumes sees the same. Of
    several devices, each takes its turn.
    """

    def __init__(self, length: int, rank: int = 0, world: int = 1) -> None:
        self.length, self.rank, self.world, self.epoch = length, rank, world, 0

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next; Lightning calls it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.length
        return iter(range(first + self.rank, first + self.length, self.world))

    def __len__(self) -> int:
        return self.length // self.world


class Samples(lightning.LightningDataModule):
    """Training samples, and those that a run is judged by."""

    def __init__(self, train: Dataset[Any], val: Dataset[Any], config: RunConfig) -> None:
        super().__init__()
        self.train, self.val, self.config = train, val, config

    def train_dataloader(self) -> DataLoader[Any]:
        """Samples of one epoch."""
        assert self.trainer is not None
        world = self.trainer.world_size
        length = self.config.steps * self.config.batch * world
        return self._loader(self.train, Turn(length, self.trainer.global_rank, world))

    def val_dataloader(self) -> DataLoader[Any]:
        """The same samples every time."""
        return self._loader(self.val, None)

    def _loader(self, data: Dataset[Any], sampler: Turn | None) -> DataLoader[Any]:
        workers = self.config.workers
        return DataLoader(
            data,
            batch_size=self.config.batch,
            sampler=sampler,
            num_workers=workers,
            persistent_workers=workers > 0 and sampler is not None,
            prefetch_factor=4 if workers else None,
        )


def run(stage: lightning.LightningModule, samples: Samples, folder: Path, config: RunConfig) -> None:
    """Train ``stage``, from the last checkpoint in ``folder`` on where there is one."""
    torch.set_float32_matmul_precision("high")
    trainer = lightning.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        num_nodes=config.nodes,
        precision=config.precision,  # type: ignore[arg-type]
        max_epochs=config.epochs,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        gradient_clip_val=stage.clip,
        log_every_n_steps=min(50, config.steps),
        logger=[CSVLogger(folder, "", "logs"), TensorBoardLogger(folder, "", "logs")],
        callbacks=[
            ModelCheckpoint(folder, "last", save_top_k=1, enable_version_counter=False),
            LearningRateMonitor("step"),
            TQDMProgressBar(refresh_rate=20),
        ],
    )
    last = folder / "last.ckpt"
    trainer.fit(stage, samples, ckpt_path=last if last.exists() else None, weights_only=True)
