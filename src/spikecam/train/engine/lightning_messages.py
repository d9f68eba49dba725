"""Messages of Lightning that are of no use to a user."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("lightning", "lightning.pytorch", "lightning.fabric")
_WARNINGS = (
    "The '.*' does not have many workers",
    "The `.*_dataloader` does not have many workers",
    "This DataLoader will create",
    "Be aware that when using `ckpt_path`",
    "Checkpoint directory .* exists",
    "The number of training batches",
    "You are using a CUDA device",
    "Found .* module.* in eval mode",
    "Trying to infer the `batch_size`",
    "Detected call of `lr_scheduler.step",
    ".*lr_scheduler.*",
    "The `srun` command is available",
)


@contextmanager
def suppressing_lightning_advice() -> Iterator[None]:
    """Context in which Lightning's advice is suppressed.

    Errors stay.
    """
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            for message in _WARNINGS:
                warnings.filterwarnings("ignore", message)
            for kind in (DeprecationWarning, FutureWarning):
                warnings.filterwarnings("ignore", category=kind, module="lightning|torch")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
