"""A stage as the module that Lightning trains."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.sampler import Sample
from spikecam.train.engine.stage import Stage

# Rows of a sheet of sample pictures.
_SHEET_ROWS = 3
# Odd factor by which the high bits of a seed are spread over 64 bits (2^64 over the golden ratio).
_SPREAD = 0x9E3779B97F4A7C15


class StageModule(lightning.LightningModule):
    """Lightning module that trains a stage, with its logging and random generator.

    Attributes:
        sample_sheet: pictures of the last validation, (3, h, w) in [0, 1].
    """

    sample_sheet: Tensor | None = None

    def __init__(self, stage: Stage, config: RunConfig) -> None:
        super().__init__()
        self.stage, self.config = stage, config
        # Registered here, so that it alone is trained and lies in checkpoints.
        self.network = stage.network

    def on_fit_start(self) -> None:
        """Move modules that are not trained to the network's device."""
        for module in self.stage.frozen_modules:
            module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def training_step(self, batch: Sample, step: int) -> Tensor:
        """The loss of one batch."""
        loss = self.stage.loss(batch, self.step_generator())
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: Sample, step: int) -> None:
        """Evaluate a validation batch, and log its measures."""
        measures, pictures = self.stage.evaluate(batch)
        count = len(next(iter(batch.values())))
        for name, value in measures.items():
            self.log(f"val/{name}", value, prog_bar=True, sync_dist=True, batch_size=count)
        if step == 0:
            self.sample_sheet = picture_grid(pictures)

    def step_generator(self) -> torch.Generator:
        """Random generator seeded by (seed, rank, step), so that resuming repeats it."""
        seed = seed_of_step(self.config.seed, self.global_rank, self.global_step)
        return torch.Generator(self.device).manual_seed(seed)

    def configure_optimizers(self) -> Any:
        """The optimiser of the stage, and its learning-rate schedule."""
        optimizer, schedule = self.stage.optimization(self.config)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def seed_of_step(seed: int, rank: int, step: int) -> int:
    """A seed of 64 bits for a step of a device, from the seed of the run.

    The low 24 bits of the run's seed, 8 of the rank and 32 of the step stand side by side; what the
    run's seed has above 24 bits is spread over all of them.

    >>> seed_of_step(1, 0, 7) == (1 << 40) + 7
    True
    """
    high, low = divmod(seed, 1 << 24)
    return ((low << 40) + (rank << 32) + step ^ high * _SPREAD) % (1 << 64)


def picture_grid(pictures: list[Tensor]) -> Tensor:
    """Lay out the first pictures of a batch as one picture (3, h, w), a row each."""
    size = max(picture.shape[2] for picture in pictures)
    columns = []
    for picture in pictures:
        first = picture[:_SHEET_ROWS].detach().float().clamp(0, 1)
        fitted = functional.interpolate(first, size=(size, size), mode="nearest")
        columns.append(fitted.expand(-1, 3, -1, -1))
    rows = torch.cat(columns, dim=3)
    return torch.cat(list(rows), dim=1).cpu()
