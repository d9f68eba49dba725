"""Pre-training SpikeGen on cached latents (SpikeGen 3.2); its stage serves fine-tuning, too."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike
from spikecam.networks.configs.spikegen import SIZES, STRIDE, SpikeGenConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.generation.autoencoders import Codec
    from spikecam.networks.spikegen import SpikeGen, SpikeGenInputs
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

# As published (Table 6).
RUN = RunConfig(epochs=10, batch=64, lr=1e-4)
DEFAULT_SIZE = "tiny"


@dataclass(frozen=True)
class SpikeGenLossConfig:
    """Configuration of the loss of SpikeGen: draws of noise, and weights of further terms.

    Attributes:
        noise_draws: draws of noise for each token and step.
        pixel_weight: weight of the error of the decoded mean; ours. By it, or by
            ``alignment_weight``, the network learns what detail to carry over; 0 leaves it out.
        alignment_weight: weight of the spike-alignment loss of the decoded mean.
    """

    noise_draws: int = 2
    pixel_weight: float = 0.0
    alignment_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.noise_draws < 1:
            raise OptionError(f"noise_draws are at least 1, not {self.noise_draws}")
        if not (self.pixel_weight >= 0 and self.alignment_weight >= 0):
            raise OptionError("weights of losses are numbers from 0 on")


@dataclass(frozen=True)
class SpikeGenOptions:
    """Options of the pre-training of SpikeGen.

    Attributes:
        size: base, as published, small or tiny; by default tiny, or that of the weights to start
            from.
        autoencoder: whose latents; a name, a file, or a folder of diffusers.
        noise_draws: draws of noise for each token and step.
        weights: weights to start from, by name or file.
        run: settings of the run.
        network: a size without a name, instead; from Python alone.
    """

    size: str | None = None
    autoencoder: str = "autoencoder"
    noise_draws: int = SpikeGenLossConfig.noise_draws
    weights: str | None = None
    run: RunConfig = RUN
    network: SpikeGenConfig | None = None

    def __post_init__(self) -> None:
        find_spikegen_size(self.size)
        _ = self.loss_config

    @property
    def loss_config(self) -> SpikeGenLossConfig:
        """Configuration of the loss, for latents alone."""
        return SpikeGenLossConfig(self.noise_draws)


class SpikeGenStage(Stage):
    """Training stage of SpikeGen: the errors of predicted means, deviations and velocities.

    Samples are `CachedLatents` in pre-training, `SpikeGenSamples` in fine-tuning.

    Args:
        network: size of SpikeGen.
        autoencoder: whose latents they are; not changed here.
        config: what else the loss has; needs samples with pictures.
    """

    name = "spikegen"
    summary = "SpikeGen: spikes, a picture, or both, to samples of the sharp picture"
    max_gradient_norm = 1.0
    average_decay = 0.998
    unused_parameters = True
    network: SpikeGen

    def __init__(
        self,
        network: SpikeGenConfig,
        autoencoder: Codec,
        config: SpikeGenLossConfig | None = None,
    ) -> None:
        from spikecam.networks.spikegen import SpikeGen

        self.config = config or SpikeGenLossConfig()
        self.network = SpikeGen(network)
        self.autoencoder = autoencoder.eval().requires_grad_(False)
        self.frozen_modules = (self.autoencoder,)

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch: errors of means, deviations and velocities, and what the config adds."""
        import torch

        from spikecam.networks.diffusion import TIME_STEPS
        from spikecam.networks.spikegen import middle_frames
        from spikecam.train.losses.charbonnier import charbonnier
        from spikecam.train.losses.spike_alignment import alignment_loss

        inputs, residual, target = self._encode_batch(batch)
        draws, count, device = self.config.noise_draws, target[:, 0].numel(), target.device
        noise = torch.randn(draws, count, target.shape[1], generator=generator, device=device)
        times = torch.randint(0, TIME_STEPS + 1, (draws, count), generator=generator, device=device)
        condition = self.network.encode_condition(inputs)
        mean, mean_error, nll, velocity_error = self.network(
            condition, inputs, target, noise, times
        )
        # Root mean square, so that samples that are hard do not outweigh all others.
        error = mean_error.square().reshape(len(target), -1).mean(1)
        loss: Tensor = charbonnier(error).mean() + nll.mean() + velocity_error.square().mean()
        if self.config.pixel_weight or self.config.alignment_weight:
            decoded = self._decode_mean(condition, mean, inputs, residual)
            if self.config.pixel_weight:
                error = (decoded - batch["sharp"]).square().mean((1, 2, 3))
                loss = loss + self.config.pixel_weight * charbonnier(error).mean()
            if self.config.alignment_weight:
                # Frames in the middle: things move in all the others.
                alignment = alignment_loss(decoded, middle_frames(batch["spikes"]), generator)
                loss = loss + self.config.alignment_weight * alignment
        return loss

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of the mean picture, and the error of latents.

        PSNR of the input picture is given, too.
        """
        from spikecam.train.losses.psnr import psnr

        inputs, residual, target = self._encode_batch(batch)
        condition = self.network.encode_condition(inputs)
        mean, _ = self.network.predict_gaussian(condition.flatten(0, 2))
        decoded = self._decode_mean(condition, mean, inputs, residual)
        sharp = batch["sharp"] if "sharp" in batch else self.autoencoder.decode(target)
        assert inputs.latents is not None
        picture = inputs.picture
        if picture is None:
            picture = self.autoencoder.decode(inputs.latents)
        sharp = sharp.clamp(0, 1)
        measures = {
            "error": (self._predict_latents(mean, inputs) - target).square().mean(),
            "psnr": psnr(decoded, sharp),
            "psnr_input": psnr(picture, sharp),
        }
        return measures, [picture, decoded, sharp]

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimiser and its schedule: AdamW with a warm-up over a tenth of the run (B).

        The weight decay is 0.05.

        The paper does not say how the rate rises, nor AdamW's momenta; ours are those of our other
        runs.
        """
        from spikecam.train.engine.optimizers import adamw, with_warmup_and_cosine_decay

        optimizer = adamw(self.network, config, weight_decay=0.05)
        return with_warmup_and_cosine_decay(
            optimizer, config, warmup_share=0.1, end_rates=(1e-8, 1e-6)
        )

    def _predict_latents(self, mean: Tensor, inputs: SpikeGenInputs) -> Tensor:
        """Predicted sharp latents (B, C, h, w): the baseline plus the mean of each token."""
        from spikecam.networks.spikegen import LATENT_CHANGE_SCALE

        assert inputs.latents is not None
        count, channels, height, width = inputs.latents.shape
        added = mean.reshape(count, height, width, channels).movedim(-1, 1)
        return (
            self.network.baseline_latents(inputs.latents, inputs.mix) + added / LATENT_CHANGE_SCALE
        )

    def _decode_mean(
        self, condition: Tensor, mean: Tensor, inputs: SpikeGenInputs, residual: Tensor | None
    ) -> Tensor:
        """Decode the predicted mean to a picture."""
        decoded = self.autoencoder.decode(self._predict_latents(mean, inputs))
        if residual is None:
            return decoded
        return decoded + self.network.gated_residual(condition, residual, inputs.mix)

    def _encode_batch(self, batch: Sample) -> tuple[SpikeGenInputs, Tensor | None, Tensor]:
        """Encode a batch: network inputs, residual of the autoencoder, and sharp latents."""
        import torch

        from spikecam.networks.spikegen import SpikeGenInputs

        spikes = {name: batch[name] for name in ("mix", "spikes", "gain")}
        if "latents" in batch:
            return SpikeGenInputs(latents=batch["latents"], **spikes), None, batch["target"]
        picture = batch["picture"]
        with torch.no_grad():
            both = self.autoencoder.encode(torch.cat([picture, batch["sharp"]]))
            latents, sharp = both.chunk(2)
            has_detail = self.network.residual_gate is not None
            residual = picture - self.autoencoder.decode(latents) if has_detail else None
        return SpikeGenInputs(latents=latents, picture=picture, **spikes), residual, sharp


def find_spikegen_size(size_name: str | None) -> SpikeGenConfig | None:
    """Find the configuration of a size by its name.

    It is None without a name.

    Raises:
        OptionError: no size has this name.
    """
    if size_name is None:
        return None
    if size_name not in SIZES:
        raise OptionError(f"a size is one of {', '.join(SIZES)}, not {size_name!r}")
    return SIZES[size_name]


def choose_spikegen_size(
    network: SpikeGenConfig | None,
    start: PathLike | None,
    fingerprint: str,
    autoencoder: PathLike,
) -> SpikeGenConfig:
    """Choose the size of SpikeGen: that asked for, or that of the weights to start from.

    Args:
        network: the size; None for the default one, or that of the weights.
        start: weights to start from.
        fingerprint, autoencoder: of the autoencoder, and its name or file for messages.

    Raises:
        FileError: the weights are of another autoencoder.
        OptionError: another size was asked for than that of the weights.
    """
    from spikecam.weights.store import load_weights

    if start is None:
        return replace(network or SIZES[DEFAULT_SIZE], autoencoder=fingerprint)
    config: SpikeGenConfig = load_weights(start, "spikegen")[0].config  # type: ignore[assignment]
    if config.autoencoder != fingerprint:
        raise FileError(
            f"{start} works on latents of another autoencoder than {autoencoder}; name its own"
        )
    free = {"frames": 8, "training_tokens": 1, "autoencoder": "", "channels": config.channels}
    if network is not None and asdict(network) | free != asdict(config) | free:
        raise OptionError(f"{start} is of a network of another size; leave --size out")
    return config


def pretrain_spikegen(job: TrainingJob, options: SpikeGenOptions) -> TrainingResult:
    """Pre-train SpikeGen on the cache of latents that is the job's source.

    Raises:
        FileError: the latents are of another autoencoder, or there are none.
        SpikecamError: as `run_training` and `load_weights`.
    """
    from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
    from spikecam.train.datasets.cached_latents import CachedLatents
    from spikecam.train.datasets.latent_cache import LatentCacheDescription
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import TrainingData, train_and_save_weights

    if len(job.sources) != 1:
        raise FileError("pre-training takes one folder of latents")
    (folder,) = job.sources
    cache = LatentCacheDescription.read(folder)
    autoencoder, fingerprint = load_autoencoder_and_fingerprint(options.autoencoder)
    if cache.autoencoder != fingerprint:
        raise FileError(
            f"the latents in {folder} are of another autoencoder than {options.autoencoder}; make "
            "them again in a new folder, or name theirs"
        )
    size = options.network or find_spikegen_size(options.size)
    size = choose_spikegen_size(size, options.weights, fingerprint, options.autoencoder)
    size = replace(size, channels=autoencoder.latent_channels, training_tokens=cache.crop // STRIDE)
    data = TrainingData(
        CachedLatents(folder, seed=options.run.seed, length=UNBOUNDED),
        CachedLatents(folder, seed=0, length=cache.val, validation=True),
        cache.train,
        {"loss": asdict(options.loss_config), "data": asdict(cache)},
        "crops",
    )
    return train_and_save_weights(
        job,
        options.run,
        data,
        lambda: SpikeGenStage(size, autoencoder, options.loss_config),
        start=options.weights,
    )


RECIPE = Recipe(
    name="spikegen",
    summary="Pre-training of SpikeGen on latents of blurred pictures and few spikes",
    options=SpikeGenOptions,
    run=pretrain_spikegen,
    sources=SourceArguments("CACHE", "From spikecam train latents.", maximum=1),
    fixed=("network",),
)
