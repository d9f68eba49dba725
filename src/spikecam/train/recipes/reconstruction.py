"""Training a network of a window of spikes, as published, on simulated scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, find_architecture
from spikecam.train.datasets.configs import MovingSceneConfig, ReconstructionSampleConfig
from spikecam.train.engine.config import RunConfig, RunOptions
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.published_training import PUBLISHED_TRAININGS, PublishedTraining
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.networks.architecture import InputConfig
    from spikecam.reconstruction.window_network import WindowNetworkMethod
    from spikecam.train.datasets.reconstruction_samples import NetworkWindow
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

# Scenes and samples of a validation.
_VAL_SCENES, _VAL_SAMPLES = 16, 32
_MIN_CROP = 16


@dataclass(frozen=True)
class ReconstructionOptions:
    """Options of the training of a network of a window of spikes.

    Attributes:
        network: name of its method: base, bsf, spikeclip, spk2imgnet, ssir, ssml, ssml_simple, stir
            or wgse, or one of a package of your own.
        network_config: sizes that are not the published ones, such as short_window=13; each with a
            --network-config of its own.
        crop: side of the square pictures, a multiple of 8 (stir: 16), at most as large as the
            scenes; by default as published.
        cosine: whether the learning rate rises for a thirtieth of the run and then falls along a
            cosine, as suits short runs, rather than as published.
        weights: weights to start from, by name or file, and their size.
        scenes: how moving scenes are drawn.
        samples: how sensors are drawn.
        run: settings of the run; by default as published.
    """

    network: str = "base"
    network_config: tuple[str, ...] = ()
    crop: int | None = None
    cosine: bool = False
    weights: str | None = None
    scenes: MovingSceneConfig = field(default_factory=MovingSceneConfig)
    samples: ReconstructionSampleConfig = field(default_factory=ReconstructionSampleConfig)
    run: RunOptions = field(default_factory=RunOptions)

    def __post_init__(self) -> None:
        if self.network.lower() not in PUBLISHED_TRAININGS:
            from spikecam.reconstruction.window_network import find_window_network

            find_window_network(self.network)
        crop, unit = self.training.crop, self.training.crop_unit
        if crop < _MIN_CROP or crop % unit:
            raise OptionError(
                f"a crop of {self.network} is a multiple of {unit} and at least {_MIN_CROP}, not "
                f"{crop}"
            )

    @property
    def training(self) -> PublishedTraining:
        """Loss, crops and schedule; those of Spike-Zoo for a network of another package."""
        published = PUBLISHED_TRAININGS.get(self.network.lower(), PublishedTraining())
        return published if self.crop is None else replace(published, crop=self.crop)

    @property
    def run_config(self) -> RunConfig:
        """Settings of the run, with the published ones."""
        return self.run.with_defaults(self.training.run)


class ReconstructionStage(Stage):
    """Training stage of a network of a window of spikes, by the loss and schedule of its authors.

    Samples are `ReconstructionSamples`.

    Args:
        kind: of the network.
        config: its sizes.
        input_config: constants of its input.
        training: loss and schedule.
        cosine: a warm-up and a cosine in place of the schedule.
    """

    def __init__(
        self,
        kind: str,
        config: Any,
        input_config: InputConfig,
        training: PublishedTraining,
        *,
        cosine: bool = False,
    ) -> None:
        import torch

        architecture = find_architecture(kind)
        self.name, self.summary = kind, f"{kind}: a window of spikes to the picture of its middle"
        self.training, self.cosine = training, cosine
        self.network = architecture.load_class()(config, input_config)
        if architecture.channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch, as published."""
        return self.training.loss(self.network, batch)

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of the picture in which white is 1."""
        from spikecam.train.losses.psnr import psnr
        from spikecam.train.losses.window_networks import middle_truth

        level = batch["level"][:, None, None, None]
        rates = self.network(batch["inputs"]).float()
        predicted, sharp = rates / level, middle_truth(batch) / level
        return {"psnr": psnr(predicted, sharp)}, [predicted, sharp]

    def optimization(self, config: RunConfig) -> Optimization:
        """Adam, with the published schedule or with a warm-up and a cosine."""
        from torch.optim import Adam

        from spikecam.train.engine.optimizers import (
            with_cosine_decay,
            with_milestones,
            with_warmup_and_cosine_decay,
        )

        training = self.training
        optimizer = Adam(
            self.network.parameters(),
            lr=config.lr,
            betas=(0.9, training.beta2),
            weight_decay=training.weight_decay,
        )
        if self.cosine:
            return with_warmup_and_cosine_decay(optimizer, config)
        if training.milestones is None:
            return with_cosine_decay(optimizer, config)
        shares = [epoch / training.run.epochs for epoch in training.milestones]
        return with_milestones(optimizer, config, shares=shares, factor=training.decay)


def parse_sizes(architecture: Architecture, assignments: Sequence[str]) -> Any:
    """Parse sizes of a network, such as "window=41" or "widths=16,32,16,8".

    All others are the published ones.

    Raises:
        OptionError: there is no such size, or it cannot be.
    """
    defaults = asdict(architecture.config())
    # A boolean is an integer in Python, too.
    sizes = {name: value for name, value in defaults.items() if type(value) in (int, tuple)}
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        is_tuple = isinstance(sizes.get(name), tuple)
        try:
            numbers = tuple(int(number) for number in text.split(","))
        except ValueError:
            numbers = ()
        if name not in sizes or not numbers or (len(numbers) > 1 and not is_tuple):
            raise OptionError(
                f"{assignment} is no size of {architecture.kind}; sizes are {', '.join(sizes)}, "
                "each as NAME=NUMBER, or as NAME=NUMBER,NUMBER for several layers"
            )
        values[name] = numbers if is_tuple else numbers[0]
    return architecture.config(**values)


def network_window(
    method: WindowNetworkMethod, training: PublishedTraining, config: Any, input_config: Any
) -> NetworkWindow:
    """What a network takes of a recording in training, which is what its method reads."""
    from functools import partial

    from spikecam.reconstruction.window_network import count_frames
    from spikecam.train.datasets.reconstruction_samples import NetworkWindow

    frames = count_frames(config, input_config)
    return NetworkWindow(
        frames,
        (frames // 2,) if training.truth_frames is None else training.truth_frames(config),
        partial(method.read_input, input_config),
        method.margin(input_config),
    )


def train_reconstruction(job: TrainingJob, options: ReconstructionOptions) -> TrainingResult:
    """Train a network of a window of spikes on simulated scenes.

    It is validated with sensors without noise.

    Raises:
        OptionError: sizes that cannot be, scenes that are shorter than the window, or weights of
            SSML that have no blind network.
        SpikecamError: as `run_training`, `find_train_val_pictures` and `load_weights`.
    """
    from spikecam.reconstruction.window_network import find_window_network
    from spikecam.scenes.motion import MIN_SIDE
    from spikecam.train.datasets.moving_scenes import MovingScenes
    from spikecam.train.datasets.pictures import describe_pictures, find_train_val_pictures
    from spikecam.train.datasets.reconstruction_samples import ReconstructionSamples
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_input,
        choose_network_size,
        train_and_save_weights,
    )
    from spikecam.weights.store import build_without_weights

    method, training = find_window_network(options.network), options.training
    architecture, run = find_architecture(method.kind), options.run_config
    config = parse_sizes(architecture, options.network_config)
    config = choose_network_size(options.weights, method.kind, config)
    if getattr(config, "blind", True) is False:
        raise OptionError(
            f"{options.weights} has no blind network, by which {method.name} is trained; leave "
            "weights out"
        )
    # A class may choose the constants of its input by its sizes.
    input_config: Any = (
        build_without_weights(architecture, config).input_config
        if options.weights is None
        else choose_network_input(options.weights, method.kind)
    )
    window = network_window(method, training, config, input_config)
    if options.scenes.scene_frames < window.frames:
        raise OptionError(
            f"{method.name} sees {window.frames} frames, and the scenes have "
            f"{options.scenes.scene_frames}; choose --scene-frames {window.frames} or more"
        )
    train, val = find_train_val_pictures(job.sources, MIN_SIDE, job.report.say)
    val_scenes = replace(options.scenes, scenes=_VAL_SCENES)
    val_samples = replace(options.samples, noise_prob=0, spurious_prob=0)
    folder = Path(job.output_path) / "scenes"
    data = TrainingData(
        ReconstructionSamples(
            MovingScenes(train, options.scenes, folder / "train", run.seed),
            options.samples,
            window,
            training.crop,
            training.crop_unit,
            seed=run.seed,
            length=UNBOUNDED,
        ),
        ReconstructionSamples(
            MovingScenes(val, val_scenes, folder / "val", run.seed + 1),
            val_samples,
            window,
            training.crop,
            training.crop_unit,
            seed=run.seed + 1,
            length=_VAL_SAMPLES,
        ),
        options.scenes.scenes,
        {
            "crop": training.crop,
            "cosine": options.cosine,
            "scenes": asdict(options.scenes),
            "samples": asdict(options.samples),
            "data": describe_pictures(train, val),
        },
        "scenes",
        input_config=input_config,
    )
    return train_and_save_weights(
        job,
        run,
        data,
        lambda: ReconstructionStage(
            method.kind, config, input_config, training, cosine=options.cosine
        ),
        start=options.weights,
    )


RECIPE = Recipe(
    name="reconstruction",
    summary="A network of reconstruct that sees a window of spikes, on photographs that move",
    options=ReconstructionOptions,
    run=train_reconstruction,
    sources=SourceArguments("PICTURES", "Folders of sharp photographs."),
    description="--network says which: a published one, whose crops, epochs, batch, learning rate "
    "and loss are by default those of its authors, or one of a package of your own. Scenes are "
    "made once, as they are needed, and kept in the folder of the run: the first epoch takes "
    "longer.",
)
