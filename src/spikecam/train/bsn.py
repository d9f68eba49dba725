"""Training of BSN, the denoiser, on nothing but noisy spikes (SpikeReveal 3.3.1, Eq. 9)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.teacher import rate_gain
from spikecam.train.config import RunConfig
from spikecam.train.pairs import CropConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import Stage, psnr

# As published (4.1, A.4): 9 frames, 1000 epochs of Adam. Moments by lot are ours.
RUN = RunConfig(epochs=1000, batch=8, lr=3e-4)
CROPS = CropConfig(crop=128, moments=1, window=9, drawn=True)


class BSNStage(Stage):
    """Eq. 9: the network shall give its own input, which its blind spot hides from it.

        L = mean (BSN(r') - r')^2,    r' the firing rate in a short window (TFP)

    Rates are first brought to the brightness of the blurry picture, as in `Teacher`. Samples are
    `Crops` with one moment.
    """

    name = "bsn"
    summary = "BSN: denoises firing rates in short windows"

    def __init__(self, network: BSNConfig, config: RunConfig = RUN) -> None:
        super().__init__(config)
        self.network = BSN(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """Eq. 9."""
        noisy = short_rates(batch)
        return functional.mse_loss(self.network(noisy).float(), noisy)

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Eq. 9 on other pairs; where the truth is known, PSNR, also of what goes in."""
        noisy = short_rates(batch)
        clean = self.network(noisy).float()
        measures = {"loss": functional.mse_loss(clean, noisy)}
        pictures = [noisy, clean]
        if "clean" in batch:
            truth = batch["clean"]
            measures |= {"psnr": psnr(clean, truth), "psnr_before": psnr(noisy, truth)}
            pictures.append(truth)
        return measures, pictures


def short_rates(batch: Sample) -> Tensor:
    """Rates around each sample's moment at the brightness of its blurry picture, (B, 1, s, s)."""
    rates = batch["spikes"].float().mean(dim=2)
    return rates * rate_gain(batch["blur"], batch["long"])
