"""The order of samples: the same however often a run was stopped, on any number of devices."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import lightning
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from spikecam.train.engine.config import RunConfig

# Tensors by name.
Sample = dict[str, Tensor]
# Length of a data set of training samples, which are drawn by number: more than any run sees.
UNBOUNDED = 1 << 40


class NonRepeatingSampler(Sampler[int]):
    """Sampler whose indices continue across epochs instead of repeating.

    Epoch n has the indices from n times its length on. They depend on nothing but the epoch, so
    that a run that resumes sees the same. Several devices take turns: together they see in every
    step what one alone would.

    Args:
        length: samples of an epoch, on all devices.
        rank: number of this device.
        world_size: devices.
        epoch: the first one.
    """

    def __init__(self, length: int, rank: int = 0, world_size: int = 1, epoch: int = 0) -> None:
        self.length, self.rank, self.world_size, self.epoch = length, rank, world_size, epoch

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch that comes next.

        Lightning calls it.
        """
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.length
        return iter(range(first + self.rank, first + self.length, self.world_size))

    def __len__(self) -> int:
        return self.length // self.world_size


class SampleDataModule(lightning.LightningDataModule):
    """Lightning data module with the loaders of training and validation samples.

    Args:
        train: samples by number, without end.
        val: samples for validation; every device sees all of them.
        config: of the run.

    Attributes:
        first_epoch: the epoch with which the run begins, or goes on.
    """

    def __init__(self, train: Dataset[Any], val: Dataset[Any], config: RunConfig) -> None:
        super().__init__()
        self.train, self.val, self.config = train, val, config
        self.first_epoch = 0

    def train_dataloader(self) -> DataLoader[Any]:
        """Data loader of the training samples of one epoch."""
        assert self.trainer is not None
        world_size = self.trainer.world_size
        length = self.config.steps_per_epoch * self.config.batch * world_size
        # Workers begin before Lightning says which epoch comes next.
        sampler = NonRepeatingSampler(
            length, self.trainer.global_rank, world_size, self.first_epoch
        )
        return self._loader(self.train, sampler)

    def val_dataloader(self) -> DataLoader[Any]:
        """Data loader of the validation samples, the same every time."""
        return self._loader(self.val, None)

    def _loader(self, data: Dataset[Any], sampler: NonRepeatingSampler | None) -> DataLoader[Any]:
        workers = self.config.workers
        return DataLoader(
            data,
            batch_size=self.config.batch,
            sampler=sampler,
            num_workers=workers,
            persistent_workers=workers > 0 and sampler is not None,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_ignore_interrupts,
        )


def _ignore_interrupts(_worker: int) -> None:
    """Ignore Ctrl-C in a worker of a data loader: the first process answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
