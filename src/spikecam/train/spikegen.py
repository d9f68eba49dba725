"""Training SpikeGen: on cached latents first, then on moments of scenes (SpikeGen 3.2, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spikecam.errors import OptionError
from spikecam.generation.latents import Codec
from spikecam.networks.diffusion import TIMES
from spikecam.networks.spikegen import SCALE, STRIDE, SpikeGen, SpikeGenConfig
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.spike_alignment import alignment_loss
from spikecam.train.stage import ENOUGH, Stage, psnr, rising_and_falling

# As published (Table 6).
PRETRAINED = RunConfig(epochs=10, batch=64, lr=1e-4)
TUNED = RunConfig(epochs=100, batch=32, lr=1e-4)


@dataclass(frozen=True)
class LossConfig:
    """What is made small, beside the error of the predicted velocity.

    Attributes:
        draws: of noise for each token.
        pixels: weight of the root mean square error of the mean, decoded; ours, 0 leaves it out.
        alignment: weight of the spike-alignment loss of the mean, see `alignment_loss`.
    """

    draws: int = 2
    pixels: float = 0.0
    alignment: float = 0.0

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise OptionError(f"draws are at least 1, not {self.draws}")
        if not (self.pixels >= 0 and self.alignment >= 0):
            raise OptionError("weights of losses are numbers from 0 on")


class SpikeGenStage(Stage):
    """Mean and deviation of each token's latents shall be told, and velocities of the rest.

    Samples are `Latents` in pre-training, or `Moments`.

    Args:
        network: size of SpikeGen.
        autoencoder: whose latents they are; not changed here.
        config: of the run.
        losses: what else is made small; needs samples with pictures.
    """

    name = "spikegen"
    summary = "SpikeGen: spikes, a picture, or both, to samples of the sharp picture"
    clip = 1.0
    averaged = 0.998
    network: SpikeGen

    def __init__(
        self,
        network: SpikeGenConfig,
        autoencoder: Codec,
        config: RunConfig = TUNED,
        losses: LossConfig | None = None,
    ) -> None:
        super().__init__(config)
        self.losses = losses or LossConfig()
        self.network = SpikeGen(network)
        # In a tuple, so that it is neither trained, nor saved with SpikeGen.
        self._given = (autoencoder.eval().requires_grad_(False),)

    def on_fit_start(self) -> None:
        """Bring the autoencoder to where the network is."""
        self._given[0].to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """Errors of means, of deviations and of velocities, and what `LossConfig` adds."""
        latents, target = self._latents(batch)
        generator, draws = self.generator(), self.losses.draws
        count = target[:, 0].numel()
        device = target.device
        noise = torch.randn(draws, count, target.shape[1], generator=generator, device=device)
        times = torch.randint(0, TIMES + 1, (draws, count), generator=generator, device=device)
        spikes = batch["spikes"].float() * batch["gain"][:, None, None, None]
        mean, apart, unlikely, astray = self.network(
            latents, spikes, batch["mix"], target, noise, times
        )
        # Root mean square, so that samples that are hard do not outweigh all others.
        error = apart.square().reshape(len(target), -1).mean(1)
        loss: Tensor = (error + ENOUGH).sqrt().mean() + unlikely.mean() + astray.square().mean()
        if self.losses.pixels or self.losses.alignment:
            decoded = self._given[0].decode(self._sharp(mean, latents, batch["mix"]))
            if self.losses.pixels:
                error = (decoded - batch["sharp"]).square().mean((1, 2, 3))
                loss = loss + self.losses.pixels * (error + ENOUGH).sqrt().mean()
            if self.losses.alignment:
                # Those in the middle: things move in all the others.
                first = (batch["spikes"].shape[1] - STRIDE) // 2
                middle = batch["spikes"][:, first : first + STRIDE]
                aligned = alignment_loss(decoded, middle, generator)
                loss = loss + self.losses.alignment * aligned
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR of the mean picture and of what is shown, and the error of the latents."""
        latents, target = self._latents(batch)
        spikes = batch["spikes"].float() * batch["gain"][:, None, None, None]
        condition = self.network.condition(latents, spikes, batch["mix"])
        mean = self._sharp(self.network.around(condition)[0], latents, batch["mix"])
        sharp = batch["sharp"] if "sharp" in batch else self._given[0].decode(target)
        shown = batch["picture"] if "picture" in batch else self._given[0].decode(latents)
        back = self._given[0].decode(mean)
        sharp = sharp.clamp(0, 1)
        measures = {
            "error": (mean - target).square().mean(),
            "psnr": psnr(back, sharp),
            "psnr_shown": psnr(shown, sharp),
        }
        return measures, [shown, back, sharp]

    def configure_optimizers(self) -> Any:
        """AdamW with a weight decay of 0.05; its rate rises for a tenth of the run (B).

        The paper does not say how it rises, nor AdamW's momenta; ours are those of our other runs.
        """
        return rising_and_falling(self, weight_decay=0.05, rising=0.1, ends=(1e-8, 1e-6))

    def _sharp(self, mean: Tensor, latents: Tensor, mix: Tensor) -> Tensor:
        """Sharp latents (B, C, h, w) by the mean (.., C) of what they add, token by token."""
        count, channels, height, width = latents.shape
        added = mean.reshape(count, height, width, channels).movedim(-1, 1)
        return self.network.baseline(latents, mix) + added / SCALE

    @torch.no_grad()
    def _latents(self, batch: Sample) -> tuple[Tensor, Tensor]:
        """Latents of what is shown, and of what shall be seen."""
        if "latents" in batch:
            return batch["latents"], batch["target"]
        both = torch.cat([batch["picture"], batch["sharp"]])
        shown, sharp = self._given[0].encode(both).chunk(2)
        return shown, sharp
