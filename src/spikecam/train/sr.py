"""Training of EDSR, which makes spikes finer, on blurry pictures (SpikeReveal 3.3.1, Eq. 10)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.edsr import EDSR
from spikecam.networks.teacher import as_gray, rate_gain
from spikecam.train.config import RunConfig
from spikecam.train.pairs import CropConfig
from spikecam.train.samples import Sample
from spikecam.train.stage import Stage, psnr

# As published (A.4): 70 epochs with the optimiser of BSN.
RUN = RunConfig(epochs=70, batch=8, lr=3e-4)
CROPS = CropConfig(crop=128, moments=0, window=1)


class SRStage(Stage):
    """Eq. 10: spikes of the whole exposure shall become the blurry picture, in gray.

        L = mean (EDSR(r) - gray(B))^2,    r the firing rate in the exposure

    Rates are first brought to the brightness of the blurry picture, as in `Teacher`. Samples are
    `Crops`; moments are not used.

    Raises:
        OptionError: a network that does not make pictures 4 times as fine.
    """

    name = "sr"
    summary = "EDSR: firing rates to gray pictures 4 times as fine"

    def __init__(self, network: EDSRConfig, config: RunConfig = RUN) -> None:
        if network.doublings != 2:
            raise OptionError(f"pictures are doubled twice as fine, not {network.doublings} times")
        super().__init__(config)
        self.network = EDSR(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample) -> Tensor:
        """Eq. 10."""
        return functional.mse_loss(self._fine(batch), as_gray(batch["blur"]))

    def judged(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Eq. 10 on other pairs, as a mean and as PSNR: the blurry picture is the truth here."""
        fine, gray = self._fine(batch), as_gray(batch["blur"])
        measures = {"loss": functional.mse_loss(fine, gray), "psnr": psnr(fine, gray)}
        return measures, [self._rates(batch), fine, gray]

    def _rates(self, batch: Sample) -> Tensor:
        return batch["long"] * rate_gain(batch["blur"], batch["long"])

    def _fine(self, batch: Sample) -> Tensor:
        fine: Tensor = self.network(self._rates(batch))
        return fine.float()
