"""Training the refiner, which corrects SDM, on simulated scenes whose truth is known; ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.configs.refiner import RefinerConfig, RefinerInputConfig
from spikecam.train.datasets.configs import (
    SCENE_CROP_UNIT,
    CaptureConfig,
    RefinerSampleConfig,
    SceneConfig,
    SensorConfig,
)
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.data.pairs import Pair
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

RUN = RunConfig(epochs=58, steps=250, lr=5e-4)
# Samples of a validation, and the side of their crops, where pictures are as large.
_VAL_SAMPLES, _VAL_CROP = 48, 256
# Weight of squared differences between neighbouring pixels, beside that of pixels.
_EDGE_WEIGHT = 0.3
# Layers that see pictures and maps or give out pictures, which AdamW trains.
_ADAMW_LAYERS = "picture.0.weight", "moment.weight", "warped.0.weight", "predict.weight"


@dataclass(frozen=True)
class RefinedOptions:
    """Options of the training of the refiner.

    Attributes:
        pseudo: look at no sharp picture, and make this many scenes of the blurry ones and the
            spikes; 0 takes the sharp pictures.
        weights: weights to start from, by name or file, and their size.
        skip_incomplete: leave out pairs that lack a file.
        captures: with ``pseudo``, how the pairs are read.
        scenes: how crops are drawn.
        sensors: how sensors are drawn.
        samples: what a sample holds.
        run: settings of the run.
        network: size of the network.
    """

    pseudo: int = 0
    weights: str | None = None
    skip_incomplete: bool = False
    captures: CaptureConfig = field(default_factory=CaptureConfig)
    scenes: SceneConfig = field(default_factory=SceneConfig)
    sensors: SensorConfig = field(default_factory=SensorConfig)
    samples: RefinerSampleConfig = field(default_factory=RefinerSampleConfig)
    run: RunConfig = RUN
    network: RefinerConfig = field(default_factory=RefinerConfig)

    def __post_init__(self) -> None:
        if self.pseudo < 0 or self.pseudo == 1:
            raise OptionError(
                f"pseudo scenes are at least 2, one of them for validation, not {self.pseudo}"
            )


class RefinedStage(Stage):
    """Training stage of the refiner: the Charbonnier error of pictures and of their edges.

    Samples are `RefinerSamples`.
    """

    name = "refined"
    summary = "Refiner: corrects SDM, whatever the threshold of the sensor"
    max_gradient_norm = 1.0
    # Weights of one step make all colours too bright or too dark; their mean over many does not.
    average_decay = 0.998

    def __init__(
        self, network: RefinerConfig, input_config: RefinerInputConfig | None = None
    ) -> None:
        import torch

        from spikecam.networks.refiner import Refiner

        self.network = Refiner(network, input_config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def predict_pictures(self, batch: Sample) -> Tensor:
        """Pictures (B, F, 3, h, w) that the network predicts."""
        import torch

        sharp: Tensor = self.network(
            batch["blur"].contiguous(memory_format=torch.channels_last),
            batch["exposure"],
            batch["moments"],
            (batch["levels"], batch["flows"]) if "levels" in batch else None,
        )
        return sharp.float()

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch: mean Charbonnier error of the pictures and of their differences."""
        from spikecam.train.losses.charbonnier import charbonnier

        difference = self.predict_pictures(batch) - batch["sharp"]
        error = difference.square().mean((2, 3, 4))
        # Thin stripes and grids weigh little in the picture, and much in its differences.
        for axis in (3, 4):
            error = error + _EDGE_WEIGHT * difference.diff(dim=axis).square().mean((2, 3, 4))
        return charbonnier(error).mean()

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of the pictures."""
        from spikecam.train.losses.psnr import psnr

        sharp, truth = self.predict_pictures(batch), batch["sharp"]
        measures = {"psnr": psnr(sharp.flatten(0, 1), truth.flatten(0, 1))}
        return measures, [batch["blur"], sharp[:, 0], truth[:, 0]]

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimiser and its schedule: Muon with warm-up and cosine decay."""
        from spikecam.train.engine.optimizers import muon, with_warmup_and_cosine_decay

        return with_warmup_and_cosine_decay(muon(self.network, _ADAMW_LAYERS, config), config)


def train_refined(job: TrainingJob, options: RefinedOptions) -> TrainingResult:
    """Train the refiner on simulated scenes.

    It is validated with a plain sensor.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pairs` and `load_weights`.
    """
    from spikecam.data.pairs import PICTURE_SCALE
    from spikecam.train.datasets.pairs import describe_pairs, find_train_val_pairs_of_all
    from spikecam.train.datasets.refiner_samples import RefinerSamples
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_input,
        choose_network_size,
        join_last_names,
        train_and_save_weights,
    )

    network = choose_network_size(options.weights, "refiner", options.network)
    input_config = choose_network_input(options.weights, "refiner")
    if options.pseudo and options.weights is None:
        # The network of the gray from spikes alone learned from sharp pictures.
        input_config = replace(input_config, gray_weights="")
        network = replace(network, moment_maps=input_config.moment_maps)
    scenes, seed, sources = options.scenes, options.run.seed, job.sources
    if options.pseudo:
        captures, _ = find_train_val_pairs_of_all(
            sources, skip_incomplete=options.skip_incomplete, say=job.report.say
        )
        captures = read_captures_of_run(captures, job, options.captures)
        check_match = options.captures.check_match
        sources = [make_pseudo_scenes_of_run(captures, job, options.pseudo, seed, check_match)]
    train, val = find_train_val_pairs_of_all(
        sources, skip_incomplete=options.skip_incomplete, with_light=True, say=job.report.say
    )
    min_side = min(min(pair.shape) for pair in val if pair.shape is not None) * PICTURE_SCALE
    min_side = min_side // SCENE_CROP_UNIT * SCENE_CROP_UNIT
    if options.pseudo:
        scenes = replace(scenes, crop=min(scenes.crop, min_side))
    val_scenes = replace(
        scenes,
        crop=max(scenes.crop, min(_VAL_CROP, min_side)),
        low_light_prob=0,
        camera_prob=0,
        misalignment_prob=0,
    )
    plain_sensors = replace(options.sensors, noise_prob=0, fpn_prob=0)
    data = TrainingData(
        RefinerSamples(
            train,
            scenes,
            options.sensors,
            options.samples,
            flow_warp=network.flow_warp,
            input_config=input_config,
            seed=seed,
            length=UNBOUNDED,
        ),
        RefinerSamples(
            val,
            val_scenes,
            plain_sensors,
            replace(options.samples, scale_prob=0),
            flow_warp=network.flow_warp,
            input_config=input_config,
            seed=seed + 1,
            length=_VAL_SAMPLES,
        ),
        len(train),
        {
            "scenes": asdict(scenes),
            "sensors": asdict(options.sensors),
            "samples": asdict(options.samples),
            "pseudo": options.pseudo,
            "data": describe_pairs(train, val),
        }
        | ({"captures": asdict(options.captures)} if options.pseudo else {}),
        names=join_last_names(job.sources),
        input_config=input_config,
    )
    return train_and_save_weights(
        job, options.run, data, lambda: RefinedStage(network, input_config), start=options.weights
    )


def read_captures_of_run(
    pairs: Sequence[Pair], job: TrainingJob, config: CaptureConfig
) -> list[Pair]:
    """Captures with the encoding of their pictures, which is kept in the folder of the run.

    Raises:
        FileError, OptionError: no encoding.
        OutputError: the folder is not one for a run.
    """
    from spikecam.train.datasets.capture_encoding import with_encodings
    from spikecam.train.engine.run_folder import CONFIG, PSEUDO, check_run_settings

    folder = Path(job.output_path)
    if not (folder / CONFIG).exists():
        check_run_settings(folder, {})
    return with_encodings(
        pairs, config.encoding, folder / PSEUDO / "encoding.json", job.report.say_line
    )


def make_pseudo_scenes_of_run(
    pairs: Sequence[Pair], job: TrainingJob, scene_count: int, seed: int, check_match: bool
) -> Path:
    """Make the data set of pseudo scenes in the folder of the run.

    Raises:
        OutputError: the folder is not one for a run.
    """
    from spikecam.train.datasets.pseudo_scenes import make_pseudo_scenes
    from spikecam.train.engine.run_folder import PSEUDO

    return make_pseudo_scenes(
        pairs,
        Path(job.output_path) / PSEUDO,
        scene_count=scene_count,
        seed=seed,
        check_match=check_match,
        say=job.report.say,
    )


RECIPE = Recipe(
    name="refined",
    summary="The network that corrects SDM, on scenes of spikecam synth --light, or --pseudo ones",
    options=RefinedOptions,
    run=train_refined,
    sources=SourceArguments(
        "DATASET", "Folders like Spike-GOPRO, with light; with --pseudo also RSB."
    ),
    description="Every sample has another sensor.",
    fixed=("exposure_maps", "moment_maps"),
)
