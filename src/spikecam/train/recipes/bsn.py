"""Training BSN, the denoiser, on nothing but noisy spikes (SpikeReveal 3.3.1, Eq. 9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from spikecam.networks.configs.bsn import BSNConfig, BSNInputConfig
from spikecam.train.datasets.configs import CropConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.train.engine.sampler import Sample

# As published (4.1, A.4): 9 frames, 1000 epochs of Adam. Random moments are ours.
RUN = RunConfig(epochs=1000, batch=8, lr=3e-4)


@dataclass(frozen=True)
class BSNOptions:
    """Options of the training of BSN.

    Attributes:
        crop: side of the crops, in pixels of the spikes.
        window: frames of a firing rate; odd.
        random_moments: whether moments are drawn at random rather than spaced evenly.
        augment: whether crops are rotated and flipped at random.
        weights: weights to start from, by name or file, and their size.
        skip_incomplete: leave out pairs that lack a file.
        run: settings of the run.
        network: size of the network.
    """

    crop: int = 128
    window: int = 9
    random_moments: bool = True
    augment: bool = True
    weights: str | None = None
    skip_incomplete: bool = False
    run: RunConfig = RUN
    network: BSNConfig = field(default_factory=BSNConfig)

    def __post_init__(self) -> None:
        _ = self.crop_config

    @property
    def crop_config(self) -> CropConfig:
        """Configuration of the crops."""
        return CropConfig(self.crop, 1, self.window, self.random_moments, self.augment)


class BSNStage(Stage):
    """Training stage of BSN: the network predicts its own input, which its blind spot hides.

    The loss is Eq. 9.

        L = mean (BSN(r') - r')^2,    r' the firing rate in a short window (TFP)

    Rates are first brought to the brightness of the blurry picture, as in `Teacher`. Samples are
    `PairCrops` with one moment.
    """

    name = "bsn"
    summary = "BSN: denoises firing rates in short windows"

    def __init__(self, network: BSNConfig) -> None:
        import torch

        from spikecam.networks.bsn import BSN

        self.network = BSN(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch by Eq. 9: mean square error of the predicted input."""
        from torch.nn import functional

        noisy = short_window_rates(batch)
        return functional.mse_loss(self.network(noisy).float(), noisy)

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: the loss, and PSNR where the truth is known.

        The loss is Eq. 9; PSNR is after and before denoising.
        """
        from torch.nn import functional

        from spikecam.train.losses.psnr import psnr

        noisy = short_window_rates(batch)
        clean = self.network(noisy).float()
        measures = {"loss": functional.mse_loss(clean, noisy)}
        pictures = [noisy, clean]
        if "clean" in batch:
            truth = batch["clean"]
            measures |= {"psnr": psnr(clean, truth), "psnr_before": psnr(noisy, truth)}
            pictures.append(truth)
        return measures, pictures


def short_window_rates(batch: Sample) -> Tensor:
    """Firing rates in the short window at the brightness of the blurry picture, (B, 1, s, s)."""
    from spikecam.networks.teacher import brightness_gain

    rates = batch["spikes"].float().mean(dim=2)
    return rates * brightness_gain(batch["blur"], batch["long"])


def train_bsn(job: TrainingJob, options: BSNOptions) -> TrainingResult:
    """Train BSN by Eq. 9.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pairs` and `load_weights`.
    """
    from spikecam.train.datasets.pair_data import pair_crop_data
    from spikecam.train.engine.training import choose_network_size, train_and_save_weights

    network = choose_network_size(options.weights, "bsn", options.network)
    data = pair_crop_data(job, options.crop_config, options.run.seed, options.skip_incomplete)
    data = replace(data, input_config=BSNInputConfig(window=options.crop_config.window))
    return train_and_save_weights(
        job, options.run, data, lambda: BSNStage(network), start=options.weights
    )


RECIPE = Recipe(
    name="bsn",
    summary="BSN, which denoises firing rates, on nothing but noisy spikes",
    options=BSNOptions,
    run=train_bsn,
    sources=SourceArguments("DATASET", "Folders like Spike-GOPRO or RSB."),
)
