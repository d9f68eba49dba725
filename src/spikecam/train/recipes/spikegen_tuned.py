"""Fine-tuning SpikeGen for deblurring, dense reconstruction, or both (SpikeGen 3.3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from spikecam.errors import OptionError
from spikecam.networks.configs.spikegen import STRIDE, SpikeGenConfig
from spikecam.train.datasets.configs import SceneConfig, SensorConfig, SpikeGenSampleConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.recipe import Recipe, SourceArguments
from spikecam.train.recipes.spikegen import (
    SpikeGenLossConfig,
    SpikeGenStage,
    choose_spikegen_size,
    find_spikegen_size,
)

# As published (Table 6).
RUN = RunConfig(epochs=100, batch=32, lr=1e-4)
LOSS = SpikeGenLossConfig(pixel_weight=20.0)
SCENES = SceneConfig(crop=128)
# Samples of a validation, and their g.
_VAL_SAMPLES, _VAL_MIX = 48, 0.5


@dataclass(frozen=True)
class SpikeGenTunedOptions:
    """Options of the fine-tuning of SpikeGen.

    Attributes:
        pictures: folders of sharp pictures, for dense reconstruction.
        size: base, as published, small or tiny; by default tiny, or that of the weights to start
            from.
        autoencoder: whose latents; a name, a file, or a folder of diffusers.
        weights: weights to start from, by name or file.
        skip_incomplete: leave out pairs that lack a file.
        samples: how samples are drawn.
        scenes: how crops are drawn.
        sensors: how sensors are drawn.
        loss: the loss.
        run: settings of the run.
        network: a size without a name, instead; from Python alone.
    """

    pictures: tuple[str, ...] = ()
    size: str | None = None
    autoencoder: str = "autoencoder"
    weights: str | None = None
    skip_incomplete: bool = False
    samples: SpikeGenSampleConfig = field(default_factory=SpikeGenSampleConfig)
    scenes: SceneConfig = SCENES
    sensors: SensorConfig = field(default_factory=SensorConfig)
    loss: SpikeGenLossConfig = LOSS
    run: RunConfig = RUN
    network: SpikeGenConfig | None = None

    def __post_init__(self) -> None:
        find_spikegen_size(self.size)
        default = SpikeGenSampleConfig.dense_prob
        if not self.pictures and self.samples.dense_prob not in (0, default):
            raise OptionError(
                "--dense-prob is a share of samples over --pictures; give a folder of them"
            )


def finetune_spikegen(job: TrainingJob, options: SpikeGenTunedOptions) -> TrainingResult:
    """Fine-tune SpikeGen for deblurring, dense reconstruction, or both.

    It is validated at g = 0.5, with a plain sensor. The job's sources are data sets in the layout
    of Spike-GOPRO, with sharp pictures, best with the spike camera's light (``synth --light``);
    none for dense reconstruction alone.

    Raises:
        FileError: weights to start from that are of another autoencoder.
        SpikecamError: as `run_training`, `find_train_val_pairs` and `load_weights`.
    """
    from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
    from spikecam.train.datasets.pairs import describe_pairs, find_train_val_pairs_of_all
    from spikecam.train.datasets.pictures import (
        PictureCrops,
        find_train_val_pictures,
        pictures_digest,
    )
    from spikecam.train.datasets.spikegen_samples import SpikeGenSamples, moving_scene_side
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_input,
        join_last_names,
        train_and_save_weights,
    )

    samples, scenes, seed = options.samples, options.scenes, options.run.seed
    autoencoder, fingerprint = load_autoencoder_and_fingerprint(options.autoencoder)
    size = options.network or find_spikegen_size(options.size)
    size = choose_spikegen_size(size, options.weights, fingerprint, options.autoencoder)
    size = replace(
        size,
        channels=autoencoder.latent_channels,
        frames=samples.frames,
        training_tokens=scenes.crop // STRIDE,
    )
    input_config = choose_network_input(options.weights, "spikegen")
    train, val = find_train_val_pairs_of_all(
        job.sources, skip_incomplete=options.skip_incomplete, say=job.report.say
    )
    crop = moving_scene_side(scenes.crop)
    train_pictures, val_pictures = (
        find_train_val_pictures(options.pictures, crop, job.report.say)
        if options.pictures
        else ([], [])
    )
    train_crops, val_crops = (
        PictureCrops(paths, crop, seed=seed, length=UNBOUNDED) if paths else None
        for paths in (train_pictures, val_pictures)
    )
    digest = pictures_digest([*train_pictures, *val_pictures])
    data = TrainingData(
        SpikeGenSamples(
            train,
            train_crops,
            samples,
            scenes,
            options.sensors,
            seed=seed,
            length=UNBOUNDED,
            input_config=input_config,
        ),
        SpikeGenSamples(
            val,
            val_crops,
            samples,
            replace(scenes, low_light_prob=0),
            replace(options.sensors, noise_prob=0, fpn_prob=0),
            seed=seed + 1,
            length=_VAL_SAMPLES,
            fixed_mix_ratio=_VAL_MIX,
            input_config=input_config,
        ),
        len(train) or len(train_pictures),
        {
            "samples": asdict(samples),
            "scenes": asdict(scenes),
            "sensors": asdict(options.sensors),
            "loss": asdict(options.loss),
            "data": describe_pairs(train, val) | {"pictures": digest},
        },
        "pairs" if train else "pictures",
        join_last_names([*job.sources, *options.pictures]),
        input_config,
    )
    return train_and_save_weights(
        job,
        options.run,
        data,
        lambda: SpikeGenStage(size, autoencoder, options.loss),
        start=options.weights,
    )


RECIPE = Recipe(
    name="spikegen-tuned",
    summary="SpikeGen for deblurring (DATASET), dense reconstruction (--pictures), or both",
    options=SpikeGenTunedOptions,
    run=finetune_spikegen,
    sources=SourceArguments("DATASET", "Folders like Spike-GOPRO; best --light ones.", minimum=0),
    fixed=("network",),
)
