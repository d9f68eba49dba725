"""Training the fusion network: from short exposures along motion to pictures; ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.configs.fusion import (
    QUICK_FUSION_INPUT,
    FusionConfig,
    FusionInputConfig,
)
from spikecam.train.datasets.configs import FusionSampleConfig, MovingSceneConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.networks.fusion import Fusion
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

RUN = RunConfig(epochs=20, steps=200, lr=1e-3)
# Scenes and moments of a validation, and their rate of white.
_VAL_SCENES, _VAL_MOMENTS, _VAL_WHITE_RATE = 16, 32, (0.6, 0.6)
# Scenes and moments are kept here, in the folder of the run.
_SCENES, _MOMENTS = "scenes", "moments"
# Layers that see single estimates or give out shares, which AdamW trains.
_ADAMW_LAYERS = "stem.", "predict."


@dataclass(frozen=True)
class FusionOptions:
    """Options of the training of the fusion network.

    Attributes:
        weights: weights to start from, by name or file, with their size and input.
        quick_input: train on an input for many pictures a second: fewer exposures, coarser optical
            flow, and no least squares.
        scenes: how moving scenes are drawn.
        samples: how moments are drawn.
        run: settings of the run.
        network: size of the network.
    """

    weights: str | None = None
    quick_input: bool = False
    scenes: MovingSceneConfig = field(default_factory=MovingSceneConfig)
    samples: FusionSampleConfig = field(default_factory=FusionSampleConfig)
    run: RunConfig = RUN
    network: FusionConfig = field(default_factory=FusionConfig)

    def __post_init__(self) -> None:
        if self.quick_input and self.weights:
            raise OptionError("weights have an input of their own; leave --quick-input out")


class FusionStage(Stage):
    """Training stage of the fusion network: the Charbonnier error of pictures with known truth.

    Samples are `FusionSamples`; errors are measured as if white fired in every frame.
    """

    name = "fusion"
    summary = "Fusion of short exposures along motion: spikes of moving scenes to pictures"
    max_gradient_norm = 1.0
    average_decay = 0.998
    network: Fusion

    def __init__(
        self, network: FusionConfig, input_config: FusionInputConfig | None = None
    ) -> None:
        import torch

        from spikecam.networks.fusion import Fusion

        self.network = Fusion(network, input_config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def predict_errors(self, batch: Sample) -> Tensor:
        """Mean square errors of a batch, (B,)."""
        import torch

        pictures = batch["pictures"].contiguous(memory_format=torch.channels_last)
        predicted = self.network(pictures, batch["maps"]).float()
        level = batch["level"][:, None, None, None]
        errors: Tensor = ((predicted - batch["sharp"]) / level).square().mean((1, 2, 3))
        return errors

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch: mean Charbonnier error of the pictures."""
        from spikecam.train.losses.charbonnier import charbonnier

        return charbonnier(self.predict_errors(batch)).mean()

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of the prediction, and of the mean along motion."""
        from spikecam.train.losses.psnr import psnr

        level = batch["level"][:, None, None, None]
        mean = self.network.input_config.mean_picture
        rates = (
            batch["pictures"][:, mean : mean + 1],
            self.network(batch["pictures"], batch["maps"]),
        )
        aligned, predicted = ((rate / level).clamp(0, 1) for rate in rates)
        sharp = batch["sharp"] / level
        measures = {"psnr": psnr(predicted, sharp), "psnr_aligned": psnr(aligned, sharp)}
        return measures, [aligned, predicted, sharp]

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimisers and their schedule: Muon for hidden convolutions, AdamW for all else."""
        from spikecam.train.engine.optimizers import muon, with_warmup_and_cosine_decay

        return with_warmup_and_cosine_decay(muon(self.network, _ADAMW_LAYERS, config), config)


def train_fusion(job: TrainingJob, options: FusionOptions) -> TrainingResult:
    """Train the fusion network on moments of simulated scenes.

    It is validated with a plain sensor.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pictures` and `load_weights`.
    """
    from spikecam.scenes.motion import MIN_SIDE
    from spikecam.train.datasets.fusion_samples import FusionSamples
    from spikecam.train.datasets.moving_scenes import MovingScenes
    from spikecam.train.datasets.pictures import describe_pictures, find_train_val_pictures
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_input,
        choose_network_size,
        train_and_save_weights,
    )

    input_config = choose_network_input(options.weights, "fusion")
    network = choose_network_size(options.weights, "fusion", options.network)
    if options.quick_input:
        input_config = QUICK_FUSION_INPUT
        network = replace(network, pictures=input_config.pictures, maps=input_config.maps)
    config, seed = options.samples, options.run.seed
    train, val = find_train_val_pictures(job.sources, MIN_SIDE, job.report.say)
    val_config = replace(
        config,
        white_rate=_VAL_WHITE_RATE,
        noise_prob=0,
        spurious_prob=0,
        fpn_prob=0,
        moments=_VAL_MOMENTS,
    )
    val_scenes = replace(options.scenes, scenes=_VAL_SCENES)
    folder = Path(job.output_path)
    data = TrainingData(
        FusionSamples(
            MovingScenes(train, options.scenes, folder / _SCENES / "train", seed),
            config,
            folder / _MOMENTS / "train",
            seed=seed,
            length=UNBOUNDED,
            input_config=input_config,
        ),
        FusionSamples(
            MovingScenes(val, val_scenes, folder / _SCENES / "val", seed + 1),
            val_config,
            folder / _MOMENTS / "val",
            seed=seed + 1,
            length=_VAL_MOMENTS,
            input_config=input_config,
        ),
        len(train),
        {
            "scenes": asdict(options.scenes),
            "samples": asdict(config),
            "data": describe_pictures(train, val),
        },
        "pictures",
        input_config=input_config,
    )
    return train_and_save_weights(
        job, options.run, data, lambda: FusionStage(network, input_config), start=options.weights
    )


RECIPE = Recipe(
    name="fusion",
    summary="The network of reconstruct --method fusion, on photographs that move",
    options=FusionOptions,
    run=train_fusion,
    sources=SourceArguments("PICTURES", "Folders of sharp photographs."),
    description="Scenes, and what the network sees of their moments, are made once, as they are "
    "needed, and kept in the folder of the run: the first epochs take longer.",
    fixed=("pictures", "maps"),
)
