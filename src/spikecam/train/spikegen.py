"""Training SpikeGen: on cached latents first, then on moments of scenes (SpikeGen 3.2, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spikecam.errors import OptionError
from spikecam.generation.latents import Codec
from spikecam.networks.configs.spikegen import SpikeGenConfig
from spikecam.networks.diffusion import TIMES
from spikecam.networks.spikegen import SCALE, Seen, SpikeGen, middle
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.spike_alignment import alignment_loss
from spikecam.train.stage import ENOUGH, Stage, adamw, psnr, rising_and_falling

# As published (Table 6).
PRETRAINED = RunConfig(epochs=10, batch=64, lr=1e-4)
TUNED = RunConfig(epochs=100, batch=32, lr=1e-4)


@dataclass(frozen=True)
class LossConfig:
    """What is made small, beside the error of the predicted velocity.

    Attributes:
        draws: of noise for each token.
        pixels: weight of the root mean square error of the mean, decoded; ours. By it, or by
            ``alignment``, is learned what is to be carried over; 0 leaves it out.
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


# Pre-training has no pictures to compare with, `LossConfig()`; fine-tuning weighs them.
TUNED_LOSSES = LossConfig(pixels=20.0)


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
    sparse = True
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
        seen, lost, target = self._seen(batch)
        generator, draws = self.generator(), self.losses.draws
        count = target[:, 0].numel()
        device = target.device
        noise = torch.randn(draws, count, target.shape[1], generator=generator, device=device)
        times = torch.randint(0, TIMES + 1, (draws, count), generator=generator, device=device)
        condition = self.network.condition(seen)
        mean, apart, unlikely, astray = self.network(condition, seen, target, noise, times)
        # Root mean square, so that samples that are hard do not outweigh all others.
        error = apart.square().reshape(len(target), -1).mean(1)
        loss: Tensor = (error + ENOUGH).sqrt().mean() + unlikely.mean() + astray.square().mean()
        if self.losses.pixels or self.losses.alignment:
            decoded = self._decoded(condition, mean, seen, lost)
            if self.losses.pixels:
                error = (decoded - batch["sharp"]).square().mean((1, 2, 3))
                loss = loss + self.losses.pixels * (error + ENOUGH).sqrt().mean()
            if self.losses.alignment:
                # Those in the middle: things move in all the others.
                aligned = alignment_loss(decoded, middle(batch["spikes"]), generator)
                loss = loss + self.losses.alignment * aligned
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR of the mean picture and of what is shown, and the error of the latents."""
        seen, lost, target = self._seen(batch)
        condition = self.network.condition(seen)
        mean, _ = self.network.around(condition.flatten(0, 2))
        back = self._decoded(condition, mean, seen, lost)
        sharp = batch["sharp"] if "sharp" in batch else self._given[0].decode(target)
        assert seen.latents is not None
        shown = seen.picture
        if shown is None:
            shown = self._given[0].decode(seen.latents)
        sharp = sharp.clamp(0, 1)
        measures = {
            "error": (self._sharp(mean, seen) - target).square().mean(),
            "psnr": psnr(back, sharp),
            "psnr_shown": psnr(shown, sharp),
        }
        return measures, [shown, back, sharp]

    def configure_optimizers(self) -> Any:
        """AdamW with a weight decay of 0.05; its rate rises for a tenth of the run (B).

        The paper does not say how it rises, nor AdamW's momenta; ours are those of our other runs.
        """
        return rising_and_falling(self, adamw(self, 0.05), rising=0.1, ends=(1e-8, 1e-6))

    def _sharp(self, mean: Tensor, seen: Seen) -> Tensor:
        """Sharp latents (B, C, h, w) by the mean (.., C) of what they add, token by token."""
        assert seen.latents is not None
        count, channels, height, width = seen.latents.shape
        added = mean.reshape(count, height, width, channels).movedim(-1, 1)
        return self.network.baseline(seen.latents, seen.mix) + added / SCALE

    def _decoded(self, condition: Tensor, mean: Tensor, seen: Seen, lost: Tensor | None) -> Tensor:
        """The picture of the mean."""
        decoded = self._given[0].decode(self._sharp(mean, seen))
        if lost is None:
            return decoded
        return decoded + self.network.carried(condition, lost, seen.mix)

    @torch.no_grad()
    def _seen(self, batch: Sample) -> tuple[Seen, Tensor | None, Tensor]:
        """What is shown, what the autoencoder loses of it, and latents of what shall be seen."""
        spikes = {name: batch[name] for name in ("mix", "spikes", "gain")}
        if "latents" in batch:
            return Seen(latents=batch["latents"], **spikes), None, batch["target"]
        picture, codec = batch["picture"], self._given[0]
        shown, sharp = codec.encode(torch.cat([picture, batch["sharp"]])).chunk(2)
        lost = None if self.network.kept is None else picture - codec.decode(shown)
        return Seen(latents=shown, picture=picture, **spikes), lost, sharp
