"""Training EDSR, which upsamples firing rates, on blurry pictures (SpikeReveal 3.3.1, Eq. 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.train.datasets.configs import CropConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.train.engine.sampler import Sample

# As published (A.4): 70 epochs with the optimiser of BSN.
RUN = RunConfig(epochs=70, batch=8, lr=3e-4)


@dataclass(frozen=True)
class EDSROptions:
    """Options of the training of EDSR.

    Attributes:
        crop: side of the crops, in pixels of the spikes.
        augment: whether crops are rotated and flipped at random.
        weights: weights to start from, by name or file, and their size.
        skip_incomplete: leave out pairs that lack a file.
        run: settings of the run.
        network: size of the network.
    """

    crop: int = 128
    augment: bool = True
    weights: str | None = None
    skip_incomplete: bool = False
    run: RunConfig = RUN
    network: EDSRConfig = field(default_factory=EDSRConfig)

    def __post_init__(self) -> None:
        _ = self.crop_config

    @property
    def crop_config(self) -> CropConfig:
        """Configuration of the crops.

        Crops have no moments.
        """
        return CropConfig(self.crop, moments=0, window=1, augment=self.augment)


class EDSRStage(Stage):
    """Training stage of EDSR: rates of the whole exposure become the gray blurry picture.

    The loss is Eq. 10.

        L = mean (EDSR(r) - gray(B))^2,    r the firing rate in the exposure

    Rates are first brought to the brightness of the blurry picture, as in `Teacher`. Samples are
    `PairCrops`; moments are not used.

    Raises:
        OptionError: a network that does not make pictures 4 times as fine.
    """

    name = "edsr"
    summary = "EDSR: firing rates to gray pictures 4 times as fine"

    def __init__(self, network: EDSRConfig) -> None:
        import torch

        from spikecam.networks.edsr import EDSR

        if network.doublings != 2:
            raise OptionError(f"training takes EDSR with 2 doublings, not {network.doublings}")
        self.network = EDSR(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch by Eq. 10: mean square error to the gray blurry picture."""
        from torch.nn import functional

        from spikecam.networks.teacher import as_gray

        return functional.mse_loss(self._upsample(batch), as_gray(batch["blur"]))

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: the loss and PSNR.

        The loss is Eq. 10; for PSNR the blurry picture is the truth.
        """
        from torch.nn import functional

        from spikecam.networks.teacher import as_gray
        from spikecam.train.losses.psnr import psnr

        fine, gray = self._upsample(batch), as_gray(batch["blur"])
        measures = {"loss": functional.mse_loss(fine, gray), "psnr": psnr(fine, gray)}
        return measures, [self._rates(batch), fine, gray]

    def _rates(self, batch: Sample) -> Tensor:
        from spikecam.networks.teacher import brightness_gain

        return batch["long"] * brightness_gain(batch["blur"], batch["long"])

    def _upsample(self, batch: Sample) -> Tensor:
        fine: Tensor = self.network(self._rates(batch))
        return fine.float()


def train_edsr(job: TrainingJob, options: EDSROptions) -> TrainingResult:
    """Train EDSR by Eq. 10.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pairs` and `load_weights`.
    """
    from spikecam.train.datasets.pair_data import pair_crop_data
    from spikecam.train.engine.training import choose_network_size, train_and_save_weights

    network = choose_network_size(options.weights, "edsr", options.network)
    data = pair_crop_data(job, options.crop_config, options.run.seed, options.skip_incomplete)
    return train_and_save_weights(
        job, options.run, data, lambda: EDSRStage(network), start=options.weights
    )


RECIPE = Recipe(
    name="edsr",
    summary="EDSR, which makes firing rates 4 times as fine, on blurry pictures",
    options=EDSROptions,
    run=train_edsr,
    sources=SourceArguments("DATASET", "Folders like Spike-GOPRO or RSB."),
    fixed=("doublings",),
)
