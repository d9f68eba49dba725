"""Training the refocuser: from spikes of scenes out of focus to scenes in focus; ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.configs.refocuser import SIZES, RefocuserConfig
from spikecam.train.datasets.configs import DEFOCUS_MARGIN_PIXELS, DefocusConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spikecam.networks.refocuser import Refocuser
    from spikecam.train.datasets.pictures import PictureCrops
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

RUN = RunConfig(epochs=13, steps=500, batch=4, lr=1e-3)
DEFAULT_SIZE = "base"

# Scenes of a validation, their window, and their rate of white: a fixed time in a middling light.
_VAL_SAMPLES, _VAL_WINDOW, _VAL_WHITE_RATE = 48, (101, 101), (0.3, 0.3)
# Mean square error below which better pictures count less. With much less, what may be in focus is
# left as it is, and small discs are not undone; with much more, scenes in focus are harmed.
_MSE_FLOOR = 1e-4
# Weights of the mix alone, and of the scores of the maps.
_MIX_WEIGHT, _SCORE_WEIGHT = 0.3, 1.0
# Layers with few weights, which AdamW trains: those that see single maps, and those that give out
# scores and pictures.
_ADAMW_LAYERS = "map_encoder.", "score.", "predict."


@dataclass(frozen=True)
class DefocusOptions:
    """Options of the training of the refocuser.

    Attributes:
        size: base or small; by default base, or that of the weights to start from.
        weights: weights to start from, by name or file.
        samples: how scenes are drawn.
        run: settings of the run.
        network: a size without a name, instead; from Python alone.
    """

    size: str | None = None
    weights: str | None = None
    samples: DefocusConfig = field(default_factory=DefocusConfig)
    run: RunConfig = RUN
    network: RefocuserConfig | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size not in SIZES:
            raise OptionError(f"a size is one of {', '.join(SIZES)}, not {self.size!r}")


class DefocusStage(Stage):
    """Training stage of the refocuser: errors of its picture, and of the scores of deconvolutions.

    Samples are `DefocusSamples`; errors are measured as if white fired in every frame.
    """

    name = "defocus"
    summary = "Refocuser: spikes of a scene that is out of focus to the picture in focus"
    max_gradient_norm = 1.0
    average_decay = 0.998
    network: Refocuser

    def __init__(self, network: RefocuserConfig) -> None:
        import torch

        from spikecam.networks.refocuser import Refocuser

        self.network = Refocuser(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch: the errors of pictures and of scores.

        They are log square errors of picture and mix, and cross entropy of the scores.
        """
        import torch

        from spikecam.networks.refocuser import WINDOWS
        from spikecam.train.losses.map_scores import score_cross_entropy

        predicted, mix, scores = self.network.forward_with_mix_and_scores(
            **select_network_inputs(batch)
        )
        sharp = normalise_to_white(batch["sharp"], batch)
        errors = [
            (normalise_to_white(rates, batch) - sharp).square().mean((1, 2, 3))
            for rates in (predicted, mix)
        ]
        picture_loss, mix_loss = ((error + _MSE_FLOOR).log().mean() for error in errors)
        maps = torch.cat([batch["deconvolved"], batch["rates"][:, WINDOWS:]], dim=1)
        score_loss = score_cross_entropy((normalise_to_white(maps, batch) - sharp).square(), scores)
        loss: Tensor = picture_loss + _MIX_WEIGHT * mix_loss + _SCORE_WEIGHT * score_loss
        return loss

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: PSNR of the prediction.

        PSNR of TFP in the same frames is given, too.
        """
        from spikecam.train.losses.psnr import psnr

        rates = batch["rates"][:, :1], self.network(**select_network_inputs(batch)), batch["sharp"]
        tfp, predicted, sharp = (normalise_to_white(one, batch) for one in rates)
        measures = {"psnr": psnr(predicted, sharp), "psnr_tfp": psnr(tfp, sharp)}
        return measures, [tfp, predicted, sharp]

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimisers and their schedule: Muon for hidden convolutions, AdamW for all else."""
        from spikecam.train.engine.optimizers import muon, with_warmup_and_cosine_decay

        return with_warmup_and_cosine_decay(muon(self.network, _ADAMW_LAYERS, config), config)


def select_network_inputs(batch: Sample) -> Sample:
    """Select the inputs of the network from a batch."""
    return {name: values for name, values in batch.items() if name not in ("sharp", "level")}


def normalise_to_white(rates: Tensor, batch: Sample) -> Tensor:
    """Normalise rates of a batch so that white fires in every frame."""
    return rates / batch["level"].clamp(max=1)[:, None, None, None]


def train_defocus(job: TrainingJob, options: DefocusOptions) -> TrainingResult:
    """Train the refocuser.

    The job's sources are folders of sharp pictures, over which defocus is simulated, or DPDD, whose
    pictures are out of focus as they are: ``train`` is for training, ``val`` for validation.

    Raises:
        FileError: pictures out of focus among those that are to be sharp, or pairs that differ in
            size or are too small.
        SpikecamError: as `run_training`, `find_train_val_pictures`, `read_dpdd` and `load_weights`.
    """
    from spikecam.data.dpdd import check_outside_dpdd, is_dpdd, read_dpdd
    from spikecam.train.datasets.defocus import DefocusSamples, check_pair_sizes
    from spikecam.train.datasets.pictures import find_train_val_pictures, pictures_digest
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import (
        TrainingData,
        choose_network_input,
        choose_network_size,
        train_and_save_weights,
    )

    size = options.network or SIZES[options.size or DEFAULT_SIZE]
    network = choose_network_size(options.weights, "refocuser", size)
    input_config = choose_network_input(options.weights, "refocuser")
    config, seed = options.samples, options.run.seed
    dpdd_folders = [folder for folder in job.sources if is_dpdd(folder)]
    folders = [folder for folder in job.sources if folder not in dpdd_folders]
    check_outside_dpdd(folders)
    side = config.crop + 2 * DEFOCUS_MARGIN_PIXELS
    train, val = find_train_val_pictures(folders, side, job.report.say) if folders else ([], [])
    train_pairs, val_pairs = (
        [pair for folder in dpdd_folders for pair in read_dpdd(folder, part)]
        for part in ("train", "val")
    )
    check_pair_sizes([*train_pairs, *val_pairs], side)
    # Validated by photographs and faultless sensors.
    val_config = replace(
        config,
        window=_VAL_WINDOW,
        white_rate=_VAL_WHITE_RATE,
        chart_prob=0,
        point_prob=0,
        noise_prob=0,
        spurious_prob=0,
        fpn_prob=0,
        drift_prob=0,
    )
    pair_paths = [path for pair in [*train_pairs, *val_pairs] for path in pair]
    settings = {
        "samples": asdict(config),
        "data": {
            "train": len(train),
            "val": len(val),
            "pairs": [len(train_pairs), len(val_pairs)],
            "pictures": pictures_digest([*train, *val, *pair_paths]),
        },
    }
    data = TrainingData(
        DefocusSamples(
            _crops(train, side, seed, UNBOUNDED),
            train_pairs,
            config,
            seed=seed,
            length=UNBOUNDED,
            input_config=input_config,
        ),
        DefocusSamples(
            _crops(val, side, 0, _VAL_SAMPLES),
            val_pairs,
            val_config,
            seed=seed + 1,
            length=_VAL_SAMPLES,
            input_config=input_config,
        ),
        len(train) + len(train_pairs),
        settings,
        "pictures",
        input_config=input_config,
    )
    return train_and_save_weights(
        job, options.run, data, lambda: DefocusStage(network), start=options.weights
    )


def _crops(paths: Sequence[Path], side: int, seed: int, length: int) -> PictureCrops | None:
    from spikecam.train.datasets.pictures import PictureCrops

    return PictureCrops(paths, side, seed=seed, length=length) if paths else None


RECIPE = Recipe(
    name="defocus",
    summary="The network of reconstruct --method defocus, on sharp pictures, or on DPDD",
    options=DefocusOptions,
    run=train_defocus,
    sources=SourceArguments("PICTURES", "Folders of sharp pictures, or DPDD."),
    description="Every scene has other depths, another light and another sensor; those of DPDD are "
    "as they were taken, but for the share in focus: --radius, --soft-prob, --chart-prob and "
    "--point-prob do not matter there. Pictures less than 32 pixels wider than --crop are left "
    "out. A worker keeps up to 4 GB of scenes.",
    fixed=("network",),
)
