"""Training the autoencoder whose latents SpikeGen works on; ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spikecam.networks.configs.autoencoder import STRIDE, AutoencoderConfig
from spikecam.train.datasets.configs import check_crop_side
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.networks.autoencoder import Autoencoder
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

RUN = RunConfig(epochs=40, steps=250, batch=16, lr=6e-4)
# Side of the crops of a validation, where pictures are as large.
_VAL_CROP = 256
# Deviation of the noise on latents, where theirs is 1: in training, so that they need not be exact;
# and, as much as the errors of SpikeGen, in a validation.
_NOISE, _VAL_NOISE = 0.05, 0.2
# Share that the running mean and deviation of the latents keep at each step.
_MOMENTUM = 0.99


@dataclass(frozen=True)
class AutoencoderOptions:
    """Options of the training of the autoencoder.

    Attributes:
        crop: side of the crops of pictures.
        weights: weights to start from, by name or file, and their size.
        run: settings of the run.
        network: size of the network.
    """

    crop: int = 128
    weights: str | None = None
    run: RunConfig = RUN
    network: AutoencoderConfig = field(default_factory=AutoencoderConfig)

    def __post_init__(self) -> None:
        check_crop_side(self.crop)


class AutoencoderStage(Stage):
    """Training stage of the autoencoder: the Charbonnier error of reconstructed pictures.

    Latents bear some noise, as in a variational autoencoder whose variance is the same everywhere
    (Kingma and Welling, 2013). In place of a prior, the noise is scaled by the latents' own
    deviation, so that larger ones are no less noisy. Samples are `PictureCrops`.
    """

    name = "autoencoder"
    summary = "Autoencoder: pictures to latents an eighth as fine, and back"
    max_gradient_norm = 1.0
    average_decay = 0.998
    network: Autoencoder

    def __init__(self, network: AutoencoderConfig) -> None:
        import torch

        from spikecam.networks.autoencoder import Autoencoder

        self.network = Autoencoder(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch: mean Charbonnier error of the reconstructed pictures."""
        import torch

        from spikecam.train.losses.charbonnier import charbonnier

        raw = self.network.encode_unnormalised(batch["sharp"])
        mean = raw.mean((0, 2, 3))
        deviation = (raw - mean[:, None, None]).square().mean().sqrt()
        with torch.no_grad():
            # Starts at the first batch's; of several devices, the first one's count.
            momentum = _MOMENTUM if self.network.mean.any() else 0.0
            self.network.mean.lerp_(mean, 1 - momentum)
            self.network.deviation.lerp_(deviation, 1 - momentum)
        noise = torch.randn(raw.shape, generator=generator, device=raw.device)
        noisy = raw + _NOISE * deviation * noise
        error = (self.network.decode_unnormalised(noisy) - batch["sharp"]).square().mean((1, 2, 3))
        return charbonnier(error).mean()

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of reconstructed pictures.

        Without and with noise on latents.
        """
        import torch

        from spikecam.train.losses.psnr import psnr

        sharp = batch["sharp"]
        reconstructed = self.network(sharp)
        latents = self.network.encode(sharp)
        # The same noise every time.
        generator = torch.Generator(latents.device).manual_seed(0)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        noisy = latents + _VAL_NOISE * noise
        measures = {
            "psnr": psnr(reconstructed, sharp),
            "psnr_noisy": psnr(self.network.decode(noisy), sharp),
        }
        return measures, [sharp, reconstructed]

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimiser and its schedule: AdamW with warm-up and cosine decay."""
        from spikecam.train.engine.optimizers import adamw, with_warmup_and_cosine_decay

        return with_warmup_and_cosine_decay(adamw(self.network, config, weight_decay=1e-3), config)


def train_autoencoder(job: TrainingJob, options: AutoencoderOptions) -> TrainingResult:
    """Train the autoencoder on folders of pictures.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pictures` and `load_weights`.
    """
    from spikecam.io.pictures import picture_size
    from spikecam.train.datasets.pictures import (
        PictureCrops,
        describe_pictures,
        find_train_val_pictures,
    )
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_size,
        train_and_save_weights,
    )

    network, crop = (
        choose_network_size(options.weights, "autoencoder", options.network),
        options.crop,
    )
    train, val = find_train_val_pictures(job.sources, crop, job.report.say)
    min_side = min(min(picture_size(path)) for path in val)
    val_crop = max(crop, min(_VAL_CROP, min_side // STRIDE * STRIDE))
    data = TrainingData(
        PictureCrops(train, crop, seed=options.run.seed, length=UNBOUNDED),
        PictureCrops(val, val_crop, seed=0, length=len(val), validation=True),
        len(train),
        {"crop": crop, "data": describe_pictures(train, val)},
        "pictures",
    )
    return train_and_save_weights(
        job, options.run, data, lambda: AutoencoderStage(network), start=options.weights
    )


RECIPE = Recipe(
    name="autoencoder",
    summary="The autoencoder whose latents SpikeGen works on, on any folder of sharp pictures",
    options=AutoencoderOptions,
    run=train_autoencoder,
    sources=SourceArguments("PICTURES", "Folders of sharp pictures."),
)
