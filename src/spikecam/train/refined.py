"""Training the refiner on simulated scenes, where the truth is known; ours."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.refiner import Refiner
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import ENOUGH, Stage, adamw, psnr, rising_and_falling

RUN = RunConfig(epochs=58, steps=250, lr=8e-4)


class RefinedStage(Stage):
    """Supervised training: the error of every picture, root mean square, is made small.

    Samples are `Scenes`.
    """

    name = "refined"
    summary = "Refiner: corrects SDM, whatever the threshold of the sensor"
    clip = 1.0
    # Weights of one step see all colours too bright or too dark; their mean over many does not.
    averaged = 0.998

    def __init__(self, network: RefinerConfig, config: RunConfig) -> None:
        super().__init__(config)
        self.network = Refiner(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, batch: Sample) -> Tensor:
        """Sharp pictures (B, F, 3, h, w)."""
        sharp: Tensor = self.network(
            batch["blur"].contiguous(memory_format=torch.channels_last),
            batch["exposure"],
            batch["moments"],
            (batch["trails"], batch["ways"]) if "trails" in batch else None,
        )
        return sharp.float()

    def loss(self, batch: Sample) -> Tensor:
        """The mean over pictures of their root mean square error."""
        error = (self(batch) - batch["sharp"]).square().mean((2, 3, 4))
        loss: Tensor = (error + ENOUGH).sqrt().mean()
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR on held-out scenes."""
        sharp, truth = self(batch), batch["sharp"]
        measures = {"psnr": psnr(sharp.flatten(0, 1), truth.flatten(0, 1))}
        return measures, [batch["blur"], sharp[:, 0], truth[:, 0]]

    def configure_optimizers(self) -> Any:
        """AdamW whose rate rises for a short while and falls along a cosine."""
        return rising_and_falling(self, adamw(self, 1e-3))
