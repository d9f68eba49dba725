"""Samples in the order that a run sees them, however often it was stopped, on any devices."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import lightning
import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from spikecam.train.config import RunConfig

Sample = dict[str, Tensor]
Array = npt.NDArray[Any]


class Turn(Sampler[int]):
    """Sample numbers that never come again: epoch n has those from n times its length on.

    Which they are depends on nothing but the epoch, so that a run that resumes sees the same. Of
    several devices, each takes its turn: together they see in every step what one would.
    """

    def __init__(self, length: int, rank: int = 0, world: int = 1, epoch: int = 0) -> None:
        self.length, self.rank, self.world, self.epoch = length, rank, world, epoch

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next; Lightning calls it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.length
        return iter(range(first + self.rank, first + self.length, self.world))

    def __len__(self) -> int:
        return self.length // self.world


class Samples(lightning.LightningDataModule):
    """Training samples, and those that a run is judged by.

    Args:
        train: samples by number, without end.
        val: the samples to judge by; every device sees all of them.
        config: of the run.
    """

    def __init__(self, train: Dataset[Any], val: Dataset[Any], config: RunConfig) -> None:
        super().__init__()
        self.train, self.val, self.config = train, val, config
        # The first epoch of the run, or that with which it goes on.
        self.epoch = 0

    def train_dataloader(self) -> DataLoader[Any]:
        """Samples of one epoch."""
        assert self.trainer is not None
        world = self.trainer.world_size
        length = self.config.epoch_steps * self.config.batch * world
        # Processes that prepare samples begin before Lightning says which epoch comes next.
        turn = Turn(length, self.trainer.global_rank, world, self.epoch)
        return self._loader(self.train, turn)

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
            worker_init_fn=_leave_signals,
        )


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number from the first to the second of two, evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def turned(parts: list[Array], rng: np.random.Generator) -> list[Array]:
    """One of the eight ways to turn and mirror arrays (n, h, w, ...), the same for all."""
    turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
    parts = [np.rot90(part, turns, (1, 2)) for part in parts]
    return [part[:, :, ::-1] for part in parts] if mirrored else parts


def _leave_signals(_worker: int) -> None:
    """Ctrl-C reaches every process; the first one alone answers, and ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
