"""Training the autoencoder whose latents SpikeGen works on; ours."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import ENOUGH, Stage, adamw, psnr, rising_and_falling

RUN = RunConfig(epochs=40, steps=250, batch=16, lr=6e-4)
# Deviation of the noise that latents bear, where theirs is 1: in training, so that they need not be
# exact; and, as much as SpikeGen's err, where they are judged.
_NOISE, _JUDGED_NOISE = 0.05, 0.2
# How slowly the mean and the deviation of latents follow what is seen.
_KEPT = 0.99


class AutoencoderStage(Stage):
    """Pictures shall come back: the error of each, root mean square, is made small.

    Latents bear some noise, as in a variational autoencoder whose variance is the same everywhere
    (Kingma and Welling, 2013). In place of a prior, the noise is scaled by the latents' own
    deviation, so that larger ones are no less noisy. Samples are `Pictures`.
    """

    name = "autoencoder"
    summary = "Autoencoder: pictures to latents an eighth as fine, and back"
    clip = 1.0
    averaged = 0.998
    network: Autoencoder

    def __init__(self, network: AutoencoderConfig, config: RunConfig = RUN) -> None:
        super().__init__(config)
        self.network = Autoencoder(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """The mean over pictures of their root mean square error."""
        raw = self.network.raw(batch["sharp"])
        mean = raw.mean((0, 2, 3))
        deviation = (raw - mean[:, None, None]).square().mean().sqrt()
        with torch.no_grad():
            # Begins at what the first batch has; of several devices, the first one's count.
            kept = _KEPT if self.network.mean.any() else 0.0
            self.network.mean.lerp_(mean, 1 - kept)
            self.network.deviation.lerp_(deviation, 1 - kept)
        noise = torch.randn(raw.shape, generator=self.generator(), device=raw.device)
        noisy = raw + _NOISE * deviation * noise
        error = (self.network.picture(noisy) - batch["sharp"]).square().mean((1, 2, 3))
        loss: Tensor = (error + ENOUGH).sqrt().mean()
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR of pictures that come back, as they do and with latents that bear noise."""
        sharp = batch["sharp"]
        back = self.network(sharp)
        latents = self.network.encode(sharp)
        # The same noise every time.
        generator = torch.Generator(latents.device).manual_seed(0)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        noisy = latents + _JUDGED_NOISE * noise
        measures = {
            "psnr": psnr(back, sharp),
            "psnr_noisy": psnr(self.network.decode(noisy), sharp),
        }
        return measures, [sharp, back]

    def configure_optimizers(self) -> Any:
        """AdamW whose rate rises for a short while and falls along a cosine."""
        return rising_and_falling(self, adamw(self, 1e-3))
