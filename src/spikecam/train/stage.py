"""What the stages of training share."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample

# Errors below this do not make a PSNR any higher: 100 dB.
_EXACT = 1e-10
# Mean square error that is good enough, 50 dB: the root has no slope without it.
ENOUGH = 1e-5
# Rows of the picture that shows how far a run is.
_SHOWN = 3


class Stage(lightning.LightningModule):
    """A network, its loss, and what it is judged by.

    Attributes:
        name: of the stage, and of the weights that it makes.
        summary: what those do, in a line.
        clip: gradients are held below this norm; None leaves them.
        averaged: how much of a step's weights stays in a moving average, which is what is judged
            and kept; None leaves them as they are.
        sparse: whether some of the weights have no part in a step.
        network: what is trained, and alone lies in checkpoints.
        shown: pictures of the last validation, (3, h, w) in [0, 1].
    """

    name: str
    summary: str
    clip: float | None = None
    averaged: float | None = None
    sparse: bool = False
    network: nn.Module
    shown: Tensor | None = None

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        self.config = config

    def loss(self, batch: Sample) -> Tensor:
        """What is made small, one number."""
        raise NotImplementedError

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Measures by name, and pictures (B, 1 or 3, h, w) to be seen side by side."""
        raise NotImplementedError

    def training_step(self, batch: Sample, step: int) -> Tensor:
        """The loss of one batch."""
        loss = self.loss(batch)
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: Sample, step: int) -> None:
        """Measures of samples that are not trained with."""
        measures, pictures = self.judged(batch)
        for name, value in measures.items():
            count = len(next(iter(batch.values())))
            self.log(f"val/{name}", value, prog_bar=True, sync_dist=True, batch_size=count)
        if step == 0:
            self.shown = side_by_side(pictures)

    def generator(self) -> torch.Generator:
        """Of what is random in this step: the same when a run resumes, other on each device."""
        seed = (self.config.seed << 40) + (self.global_rank << 32) + self.global_step
        return torch.Generator(self.device).manual_seed(seed)

    def configure_optimizers(self) -> Any:
        """Adam; its rate falls along a cosine, step by step from one epoch to the next (A.4)."""
        trained = [one for one in self.network.parameters() if one.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=self.config.lr)
        epochs, steps = self.config.epochs, self.config.epoch_steps
        # By steps, not epochs: a checkpoint at an epoch's end then knows of the next one's rate.
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: cosine(step // steps, epochs)
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def rising_and_falling(
    stage: Stage,
    optimizer: torch.optim.Optimizer,
    *,
    rising: float = 0.03,
    ends: tuple[float, float] | None = None,
) -> Any:
    """An optimiser whose rate rises along a cosine for a share of the run, then falls along one.

    Args:
        stage: its highest rate is that of its configuration.
        optimizer: all of whose rates are that.
        rising: the share of the run.
        ends: the rates at the beginning and at the end; by default a 25th of the highest, and a
            thousandth of that.
    """
    config = stage.config
    begin, end = (1 / 25, 1 / 25e3) if ends is None else (rate / config.lr for rate in ends)
    top = max(1, round(rising * config.total))

    def share(step: int) -> float:
        if step < top:
            return begin + (1 - begin) * (1 - math.cos(math.pi * step / top)) / 2
        left = min(1, (step - top) / max(1, config.total - 1 - top))
        return end + (1 - end) * (1 + math.cos(math.pi * left)) / 2

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def adamw(stage: Stage, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW of all of a network's weights, at the highest rate."""
    return torch.optim.AdamW(
        stage.network.parameters(),
        lr=stage.config.lr,
        weight_decay=weight_decay,
        betas=(0.9, 0.99),
    )


def cosine(epoch: int, epochs: int) -> float:
    """The learning rate in an epoch as a share of the highest: 1 in the first, then towards 0.

    >>> [round(cosine(epoch, 4), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    return (1 + math.cos(math.pi * epoch / epochs)) / 2


def psnr(pictures: Tensor, truth: Tensor) -> Tensor:
    """Mean PSNR in dB over a batch (B, ...) in [0, 1]; what is outside counts as clipped."""
    error = (pictures.float().clamp(0, 1) - truth).square().flatten(1).mean(1)
    return -10 * torch.log10(error.clamp(min=_EXACT)).mean()


def side_by_side(pictures: list[Tensor]) -> Tensor:
    """The first few of a batch, a row each, as one picture (3, h, w)."""
    size = max(picture.shape[2] for picture in pictures)
    columns = []
    for picture in pictures:
        first = picture[:_SHOWN].detach().float().clamp(0, 1)
        fitted = functional.interpolate(first, size=(size, size), mode="nearest")
        columns.append(fitted.expand(-1, 3, -1, -1))
    rows = torch.cat(columns, dim=3)
    return torch.cat(list(rows), dim=1).cpu()
