"""Training of LDN, the student, by its teacher and the blurry picture (SpikeReveal 3.3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.ldn import LDN
from spikecam.networks.teacher import Teacher
from spikecam.train.config import RunConfig
from spikecam.train.pairs import CropConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import Stage, psnr

# As published (A.4): Adam, 100 epochs, 5 moments of 21 frames.
RUN = RunConfig(epochs=100, batch=4, lr=1e-3)
CROPS = CropConfig(crop=128, moments=5, window=21)


@dataclass(frozen=True)
class DistilConfig:
    """How the student learns.

    Attributes:
        reblur: weight of the blurry picture against the teacher, lambda in Eq. 13.
        taught: weight of the teacher; 0 leaves it out, as in the ablation of SpikeReveal's Table 3.
        short: odd number of frames that the teacher makes a picture of.
    """

    reblur: float = 100.0
    taught: float = 1.0
    short: int = 9

    def __post_init__(self) -> None:
        for weight in (self.reblur, self.taught):
            if not 0 <= weight < float("inf"):
                raise OptionError(f"a weight is a number from 0 on, not {weight:g}")
        if self.reblur == self.taught == 0:
            raise OptionError("the teacher and the blurry picture cannot both count nothing")
        if self.short < 1 or self.short % 2 == 0:
            raise OptionError(f"a window is an odd number of frames, not {self.short}")


class LDNStage(Stage):
    """Eq. 12 to 14: pictures like the teacher's, whose mean is the blurry picture.

        L = sum over m of P(T(t_m), L(t_m)) + lambda * mean (1/M sum over m of L(t_m) - B)^2

    with L the student's pictures of M moments, T the teacher's and P a perceptual distance; the
    student's are clipped to [0, 1] first, which the gradients are not: a picture that begins below
    black would stay there. The first term may have another weight than 1. Samples are `Crops`.

    Args:
        network: size of the student.
        teacher: trained, and not changed here.
        distance: of pictures (N, 3, h, w) to others, (N,).
        config: of the run.
        distil: the weights of the loss.

    Raises:
        OptionError: the teacher's window is longer than the student's.
    """

    name = "ldn"
    summary = "LDN: a blurry picture and 21 frames of spikes to a sharp picture"

    def __init__(
        self,
        network: LDNConfig,
        teacher: Teacher,
        distance: nn.Module,
        config: RunConfig = RUN,
        distil: DistilConfig | None = None,
    ) -> None:
        super().__init__(config)
        self.distil = distil or DistilConfig()
        if self.distil.short > network.window:
            raise OptionError(
                f"the teacher's {self.distil.short} frames are taken from the student's "
                f"{network.window}; choose fewer"
            )
        self.network = LDN(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # In a tuple, so that neither is trained, nor saved with the student.
        self._given = (teacher.eval().requires_grad_(False), distance.eval().requires_grad_(False))

    def on_fit_start(self) -> None:
        """Bring what is not trained to where the student is."""
        for module in self._given:
            module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def sharp(self, batch: Sample) -> Tensor:
        """The student's pictures (B, M, 3, h, w) in [0, 1]."""
        spikes = batch["spikes"].float()
        blur = batch["blur"].repeat_interleave(spikes.shape[1], 0)
        sharp: Tensor = self.network(blur, spikes.flatten(0, 1))
        sharp = sharp.float()
        clipped = sharp + (sharp.clamp(0, 1) - sharp).detach()
        return clipped.reshape(*spikes.shape[:2], *blur.shape[1:])

    @torch.no_grad()
    def taught(self, batch: Sample) -> Tensor:
        """The teacher's pictures (B, M, 3, h, w) in [0, 1]."""
        spikes = batch["spikes"]
        around = (spikes.shape[2] - self.distil.short) // 2
        short = spikes[:, :, around : around + self.distil.short].float().mean(2)
        taught: Tensor = self._given[0](batch["blur"], short, batch["long"])
        return taught.float()

    def loss(self, batch: Sample) -> Tensor:
        """Eq. 13."""
        return self._loss(batch, self.sharp(batch), self.taught(batch))

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Eq. 13 on other pairs; where there is a sharp picture, PSNR, also of the teacher."""
        sharp, taught = self.sharp(batch), self.taught(batch)
        measures = {"loss": self._loss(batch, sharp, taught)}
        middle = sharp.shape[1] // 2
        pictures = [batch["blur"], taught[:, middle], sharp[:, middle]]
        if "sharp" in batch:
            truth = batch["sharp"]
            measures["psnr"] = psnr(sharp[:, middle], truth)
            measures["psnr_teacher"] = psnr(taught[:, middle], truth)
            pictures.append(truth)
        return measures, pictures

    def _loss(self, batch: Sample, sharp: Tensor, taught: Tensor) -> Tensor:
        apart = self._given[1](sharp.flatten(0, 1), taught.flatten(0, 1))
        teacher: Tensor = apart.reshape(sharp.shape[:2]).sum(1).mean()
        reblur = functional.mse_loss(sharp.mean(1), batch["blur"])
        return self.distil.taught * teacher + self.distil.reblur * reblur
