"""Training the refocuser: scenes out of focus, by their spikes, become scenes in focus; ours."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from spikecam.networks.refocuser import Refocuser, RefocuserConfig
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import ENOUGH, Stage, psnr, rising_and_falling

RUN = RunConfig(epochs=44, steps=250, batch=8, lr=8e-4)


class RefocuserStage(Stage):
    """The PSNR of each scene, as bright as its white is, is made large; samples are of `Focus`."""

    name = "defocus"
    summary = "Refocuser: spikes of a scene that is out of focus to the picture in focus"
    clip = 1.0
    averaged = 0.998
    network: Refocuser

    def __init__(self, network: RefocuserConfig, config: RunConfig = RUN) -> None:
        super().__init__(config)
        self.network = Refocuser(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """Minus the PSNR in nepers: a scene in focus counts as much as one that is far from it."""
        error = (_shown(self._given(batch), batch) - _shown(batch["sharp"], batch)).square()
        loss: Tensor = (error.mean((1, 2, 3)) + ENOUGH).log().mean()
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR of what it gives, and of the plain rate in the same frames (TFP)."""
        made = batch["rates"][:, :1], self._given(batch), batch["sharp"]
        rate, found, sharp = (_shown(one, batch) for one in made)
        return {"psnr": psnr(found, sharp), "psnr_tfp": psnr(rate, sharp)}, [rate, found, sharp]

    def _given(self, batch: Sample) -> Tensor:
        given: Tensor = self.network(batch["rates"], batch["brightness"], batch["frames"])
        return given

    def configure_optimizers(self) -> Any:
        """AdamW whose rate rises for a short while and falls along a cosine."""
        return rising_and_falling(self, weight_decay=1e-3)


def _shown(rates: Tensor, batch: Sample) -> Tensor:
    """Rates as bright as if white fired in every frame."""
    return rates / batch["level"].clamp(max=1)[:, None, None, None]
