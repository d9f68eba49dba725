"""Training the refocuser: scenes out of focus, by their spikes, become scenes in focus; ours."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_optimizer import Muon
from torch import Tensor
from torch.nn import functional

from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.networks.refocuser import COARSE, SPANS, Refocuser
from spikecam.train.config import RunConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import Stage, psnr, rising_and_falling

RUN = RunConfig(epochs=13, steps=500, batch=4, lr=1e-3)

# Mean square error below which better pictures count less. With much less, what may be in focus is
# left as it is, and small discs are not undone; with much more, scenes in focus are harmed.
_ENOUGH = 1e-4
# How much the mix alone counts, and the scores of the maps.
_MIX, _SCORES = 0.3, 1.0
# The power with which the share that a map should have falls with its error.
_POWER = 10.0
# Cells a side over which those errors are averaged, and errors that do not matter.
_CELLS, _SMALL = 3, 1e-7
# What looks at single maps, and what gives out scores and pictures: few numbers, for AdamW.
_ENDS = "each", "score", "predict"


class RefocuserStage(Stage):
    """The PSNR of each scene is made large, and the right deconvolutions are scored high.

    Samples are of `Focus`; all is judged as bright as if white fired in every frame.
    """

    name = "defocus"
    summary = "Refocuser: spikes of a scene that is out of focus to the picture in focus"
    clip = 1.0
    averaged = 0.998
    network: Refocuser

    def __init__(self, network: RefocuserConfig, config: RunConfig = RUN) -> None:
        super().__init__(config)
        self.network = Refocuser(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """Logarithms of the square errors of picture and mix, and the scores' cross entropy."""
        found, mix, scores = self.network.scored(**_given(batch))
        sharp = _shown(batch["sharp"], batch)
        errors = [(_shown(one, batch) - sharp).square().mean((1, 2, 3)) for one in (found, mix)]
        picture, mixed = ((error + _ENOUGH).log().mean() for error in errors)
        maps = torch.cat([batch["deconvolved"], batch["rates"][:, SPANS:]], dim=1)
        scored = missed((_shown(maps, batch) - sharp).square(), scores)
        loss: Tensor = picture + _MIX * mixed + _SCORES * scored
        return loss

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """PSNR of what it gives, and of the plain rate in the same frames (TFP)."""
        made = batch["rates"][:, :1], self.network(**_given(batch)), batch["sharp"]
        rate, found, sharp = (_shown(one, batch) for one in made)
        return {"psnr": psnr(found, sharp), "psnr_tfp": psnr(rate, sharp)}, [rate, found, sharp]

    def configure_optimizers(self) -> Any:
        """Muon, whose rate rises for a short while and falls along a cosine."""
        return rising_and_falling(self, muon(self.network, self.config.lr))


def muon(network: Refocuser, lr: float) -> Muon:
    """Muon for the convolutions, AdamW for their biases and for the first and the last ones.

    Steps of Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024)
    are as large as those of Adam would be ("Muon is scalable for LLM training", 2025).
    """
    inner: list[Tensor] = []
    outer: list[Tensor] = []
    for name, values in network.named_parameters():
        within = values.ndim == 4 and name.split(".")[0] not in _ENDS
        (inner if within else outer).append(values)
    first = {"params": inner, "use_muon": True, "use_adjusted_lr": True, "weight_decay": 0.01}
    second = {"params": outer, "use_muon": False, "betas": (0.9, 0.99), "weight_decay": 1e-3}
    return Muon([one | {"lr": lr} for one in (first, second)])


def _given(batch: Sample) -> Sample:
    """What the network takes of it."""
    return {name: one for name, one in batch.items() if name not in ("sharp", "level")}


def _shown(rates: Tensor, batch: Sample) -> Tensor:
    """Rates as bright as if white fired in every frame."""
    return rates / batch["level"].clamp(max=1)[:, None, None, None]


def missed(errors: Tensor, scores: Tensor) -> Tensor:
    """Cross entropy of maps' scores with the shares that their errors deserve.

    Args:
        errors: square ones of each map at each pixel, (B, K, H, W).
        scores: of each map in each cell, (B, K, H / 8, W / 8).
    """
    deserved = (-_POWER * (_about(errors) + _SMALL).log()).softmax(1)
    return -(deserved * scores.log_softmax(1)).sum(1).mean()


def _about(errors: Tensor) -> Tensor:
    """Means about each cell of scores."""
    cells = functional.avg_pool2d(errors, COARSE)
    edge = _CELLS // 2
    around = functional.pad(cells, (edge, edge, edge, edge), mode="replicate")
    return functional.avg_pool2d(around, _CELLS, stride=1)
