"""Training the refiner on simulated scenes, where the truth is known."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor

from spikecam.errors import SpikecamError
from spikecam.networks.refiner import Refiner, RefinerConfig
from spikecam.train.run import RunConfig

# Mean square error below which a picture is as good as it needs to be: 50 dB.
_ENOUGH = 1e-5


class RefinedStage(lightning.LightningModule):
    """Supervised training: the mean PSNR of all pictures is made as large as it gets."""

    clip = 20.0

    def __init__(self, network: RefinerConfig, config: RunConfig) -> None:
        super().__init__()
        self.config = config
        self.network = Refiner(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Sharp pictures (B, F, 3, h, w)."""
        sharp: Tensor = self.network(
            batch["blur"].contiguous(memory_format=torch.channels_last),
            batch["exposure"],
            batch["moments"],
        )
        return sharp.float()

    def training_step(self, batch: dict[str, Tensor], step: int) -> Tensor:
        """The loss of one batch."""
        error = (self(batch) - batch["sharp"]).square().mean((2, 3, 4))
        loss = 10 * torch.log10(error + _ENOUGH).mean()
        if not torch.isfinite(loss):
            raise SpikecamError(f"the loss is not a number at step {self.global_step}")
        self.log("train/psnr", -loss, prog_bar=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], step: int) -> None:
        """PSNR of held-out scenes."""
        error = (self(batch).clamp(0, 1) - batch["sharp"]).square().mean((2, 3, 4))
        self.log("val/psnr", -10 * torch.log10(error + 1e-8).mean(), prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW whose rate rises for a short while and falls along a cosine."""
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.config.lr, weight_decay=1e-3, betas=(0.9, 0.99)
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.config.lr,
            self.config.epochs * self.config.steps,
            pct_start=0.03,
            cycle_momentum=False,
            final_div_factor=1000,
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]
