"""Adapting the refiner to a person's own camera, by captures without any truth.

From captures, the camera is measured: the encoding of its pictures, how many spikes it fires for
how much light, and how unlike its pixels are. The captures become pseudo scenes (see
`make_pseudo_scenes_of_run`), which are seen by sensors like that one; the network goes on learning
from them. Validation scenes decide when to stop, and validation captures whether to keep the
result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.errors import OptionError, SpikecamError
from spikecam.train.datasets.configs import (
    SCENE_CROP_UNIT,
    CaptureConfig,
    RefinerSampleConfig,
    SceneConfig,
    SensorConfig,
)
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.recipe import Recipe, SourceArguments
from spikecam.train.recipes.refined import (
    RefinedStage,
    make_pseudo_scenes_of_run,
    read_captures_of_run,
)

if TYPE_CHECKING:
    from spikecam.data.pairs import Pair
    from spikecam.networks.refiner import Refiner
    from spikecam.train.datasets.refiner_samples import RefinerSamples

RUN = RunConfig(epochs=20, steps=50, batch=8, lr=2e-4)
SCENES = SceneConfig(crop=160, low_light_prob=0.0)
SAMPLES = RefinerSampleConfig(scale_prob=0.0)
# Pixels whose logarithms of light scatter by more than this are those of a fixed pattern.
_FPN_DEVIATION = 0.03
# Captures that are pictured, and most captures and scenes of a validation.
_PICTURED_CAPTURES, _VAL_CAPTURES, _VAL_SCENES = 4, 16, 32
# Minimum accepted gain on scenes in dB, and tolerated factor of the error of captures.
_MIN_GAIN_DB, _MAX_ERROR_FACTOR = 0.03, 1.02


@dataclass(frozen=True)
class AdaptationOptions:
    """Options of the adaptation to a camera.

    Attributes:
        weights: weights to start from, by name or file.
        scenes: pseudo scenes made of the captures, to train on.
        patience: epochs without a better result after which the run ends.
        skip_incomplete: leave out pairs that lack a file.
        captures: how captures are read.
        run: settings of the run.
    """

    weights: str = "refined"
    scenes: int = 200
    patience: int = 4
    skip_incomplete: bool = False
    captures: CaptureConfig = field(default_factory=CaptureConfig)
    run: RunConfig = RUN

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise OptionError(f"patience is at least 1 epoch, not {self.patience}")
        if self.scenes < 2:
            raise OptionError(
                f"scenes are at least 2, one of them for validation, not {self.scenes}"
            )


@dataclass(frozen=True)
class AdaptationScores:
    """Scores before and after an adaptation.

    Attributes:
        psnr: on validation scenes with the measured sensor, in dB, before and after.
        pixel_error: `heldout_pixel_error` of validation captures, before and after.
    """

    psnr: tuple[float, float]
    pixel_error: tuple[float, float]


def run_folder_of_weights(weights_path: Path) -> Path:
    """Folder of the run that makes a file of adapted weights."""
    return weights_path.with_suffix("")


def adapt(job: TrainingJob, options: AdaptationOptions) -> TrainingResult:
    """Run the recipe: adapt weights to a camera, and write their file.

    Raises:
        SpikecamError: as `adapt_weights`.
    """
    out = Path(job.output_path)
    result = adapt_weights(job, options)
    (psnr, psnr_after), (error, error_after) = result.psnr, result.pixel_error
    measures = {
        "psnr_before": psnr,
        "psnr": psnr_after,
        "pixel_error_before": error,
        "pixel_error": error_after,
    }
    text = (
        f"{out}: {psnr:.2f} dB became {psnr_after:.2f} on validation scenes, the error at held-out "
        f"pixels of captures {error:.4f} became {error_after:.4f}; "
        f"pictures in {run_folder_of_weights(out) / 'pictures'}"
    )
    return TrainingResult(out, measures, text)


def adapt_weights(job: TrainingJob, options: AdaptationOptions) -> AdaptationScores:
    """Adapt weights to the camera that took some captures, and write them.

    Args:
        job: its sources are captures, in the layout of Spike-GOPRO or RSB; ``output_path`` is the
            file of the new weights.
        options: of the adaptation.

    Raises:
        SpikecamError: the result is no better than the start; nothing is written then. And as
            `train_refined`.
    """
    from copy import deepcopy

    from spikecam.data.pairs import PICTURE_SCALE
    from spikecam.networks.refiner import Refiner
    from spikecam.train.datasets.pairs import (
        describe_pairs,
        find_train_val_pairs,
        find_train_val_pairs_of_all,
    )
    from spikecam.train.datasets.refiner_samples import RefinerSamples
    from spikecam.train.engine.callbacks import BestWeights, ResumableEarlyStopping
    from spikecam.train.engine.run_folder import PICTURES
    from spikecam.train.engine.sampler import UNBOUNDED, SampleDataModule
    from spikecam.train.engine.trainer import run_training
    from spikecam.train.engine.training import source_version
    from spikecam.train.losses.heldout_pixels import heldout_pixel_error
    from spikecam.weights.card import Card
    from spikecam.weights.store import load_weights, save_weights, weights_fingerprint

    config, seed, report = options.run, options.run.seed, job.report
    out, folder = Path(job.output_path), run_folder_of_weights(Path(job.output_path))
    network, card = load_weights(options.weights, "refiner")
    assert isinstance(network, Refiner)
    captures, val_captures = find_train_val_pairs_of_all(
        job.sources, skip_incomplete=options.skip_incomplete, say=report.say
    )
    run_job, count = replace(job, output_path=folder), len(captures)
    both = read_captures_of_run(
        [*captures, *val_captures[:_VAL_CAPTURES]], run_job, options.captures
    )
    captures, val_captures = both[:count], both[count:]
    sensors = estimate_sensor_config(captures)
    pattern = "a strong fixed pattern" if sensors.fpn_prob > 0.5 else "no strong fixed pattern seen"
    low, high = sensors.thresholds
    report.say_line(f"the camera: V_th {low:.2g} to {high:.2g}, {pattern}")
    data_set = make_pseudo_scenes_of_run(
        captures, run_job, options.scenes, seed, options.captures.check_match
    )
    train, val = find_train_val_pairs(data_set, with_light=True)
    min_side = min(min(pair.shape) for pair in train if pair.shape is not None) * PICTURE_SCALE
    min_side = min_side // SCENE_CROP_UNIT * SCENE_CROP_UNIT
    scenes = replace(SCENES, crop=min(SCENES.crop, min_side))
    train_samples, val_samples = (
        RefinerSamples(
            pairs,
            scenes,
            sensors,
            SAMPLES,
            flow_warp=network.config.flow_warp,
            input_config=network.input_config,
            seed=sample_seed,
            length=length,
        )
        for pairs, sample_seed, length in ((train, seed, UNBOUNDED), (val, seed + 1, _VAL_SCENES))
    )
    stage = RefinedStage(network.config, network.input_config)
    before = deepcopy(network)
    stage.network.load_state_dict(network.state_dict())
    psnr_before = mean_psnr_on_scenes(before, val_samples)
    best = BestWeights("val/psnr", psnr_before)
    run_training(
        stage,
        SampleDataModule(train_samples, val_samples, config),
        folder,
        config,
        settings={
            "stage": "adapted",
            "run": config.reproducible_settings(),
            "network": asdict(network.config),
            "start": weights_fingerprint(network),
            "scenes": asdict(scenes) | {"count": options.scenes},
            "sensors": asdict(sensors),
            "patience": options.patience,
            "captures": asdict(options.captures),
            "data": describe_pairs(captures, val_captures),
        },
        report=report,
        callbacks=[best, ResumableEarlyStopping("val/psnr", options.patience)],
    )
    after = deepcopy(before)
    if best.weights is not None:
        after.load_state_dict(best.weights)
    report.say_line(f"comparing on {len(val_captures)} validation captures")
    # By the same measure as the start, wherever and however exactly it was trained.
    psnr_after = mean_psnr_on_scenes(after, val_samples)
    error_before, error_after = (heldout_pixel_error(one, val_captures) for one in (before, after))
    write_comparisons(folder / PICTURES, val_captures[:_PICTURED_CAPTURES], before, after)
    if psnr_after < psnr_before + _MIN_GAIN_DB or error_after > _MAX_ERROR_FACTOR * error_before:
        raise SpikecamError(
            f"adapting did not help: {psnr_before:.2f} dB became {psnr_after:.2f} on validation "
            f"scenes, and the error at held-out pixels of captures {error_before:.4f} became "
            f"{error_after:.4f}; nothing was written: keep the weights you have, or give more "
            "captures"
        )
    save_weights(
        out,
        after,
        Card(
            name=out.stem,
            summary=f"{card.name}, adapted to one camera",
            data=f"{len(captures)} captures without truth; before: {card.data}",
            recipe=report.command or "spikecam.train.recipes.adaptation.adapt",
            commit=source_version(),
            licence=card.licence,
            scores=(
                ("held-out scenes before", f"{psnr_before:.2f} dB"),
                ("held-out scenes after", f"{psnr_after:.2f} dB"),
            ),
            limits="for this camera alone; measured on scenes made of its own captures",
        ),
    )
    return AdaptationScores((psnr_before, psnr_after), (error_before, error_after))


def estimate_sensor_config(pairs: Sequence[Pair]) -> SensorConfig:
    """Estimate the sensors to simulate for the camera that recorded these pairs.

    The threshold is the light of the blurry picture to the thresholds that the spike camera
    collected meanwhile; pixels that lie off it in most pairs are those of a fixed pattern.
    """
    import numpy as np

    from spikecam.deblurring.blurry_picture import BlurryPicture
    from spikecam.exposure import resolve_exposure
    from spikecam.reconstruction.charge import iter_span_charges

    thresholds, deviations = [], []
    for pair in pairs:
        stream = pair.stream()
        start, stop = resolve_exposure(stream)
        [collected] = iter_span_charges(stream, [(start, stop)])
        rate = collected / (stop - start)
        light = BlurryPicture(pair.blurry_picture(), pair.encoding).gray_light(rate.shape)
        thresholds.append(float(light.mean() / max(rate.mean(), 1e-4)))
        deviations.append(np.log(rate * thresholds[-1] + 0.02) - np.log(light + 0.02))
    one_shape = len({one.shape for one in deviations}) == 1 and len(deviations) > 4
    deviation = 0.0
    if one_shape:
        # Robust: a fixed pattern is in all pixels, noise of few spikes in dark ones.
        of_pixels = np.median(deviations, axis=0)
        deviation = 1.4826 * float(np.median(np.abs(of_pixels - np.median(of_pixels))))
    # Not the extremes: a cap on one lens says nothing of the camera.
    low, high = np.quantile(thresholds, (0.1, 0.9))
    return SensorConfig(
        thresholds=(0.8 * float(low), 1.25 * float(high)),
        fpn_prob=0.9 if deviation > _FPN_DEVIATION else 0.2,
        noise_prob=0.5,
    )


def mean_psnr_on_scenes(network: Refiner, samples: RefinerSamples) -> float:
    """Mean PSNR of a network on samples of scenes."""
    import torch
    from torch.utils.data import DataLoader

    stage = RefinedStage(network.config, network.input_config)
    stage.network.load_state_dict(network.state_dict())
    total, count = 0.0, 0
    with torch.inference_mode():
        for batch in DataLoader(samples, RUN.batch):
            measures, _ = stage.evaluate(batch)
            total += float(measures["psnr"]) * len(batch["blur"])
            count += len(batch["blur"])
    return total / count


def write_comparisons(
    output_folder: Path, pairs: Sequence[Pair], before: Refiner, after: Refiner
) -> None:
    """Write pictures of pairs: blurry, and deblurred before and after, side by side."""
    import numpy as np

    from spikecam.deblurring.blurry_picture import BlurryPicture
    from spikecam.deblurring.log_rate_ratios import LogRateRatios
    from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer
    from spikecam.exposure import resolve_exposure
    from spikecam.io.pictures import write_picture

    for index, pair in enumerate(pairs):
        stream, blur = pair.stream(), BlurryPicture(pair.blurry_picture(), pair.encoding)
        exposure = resolve_exposure(stream)
        middle = sum(exposure) // 2
        sharp = []
        for network in (before, after):
            ratios = LogRateRatios(stream, exposure, network.input_config)
            deblurrer = RefinerDeblurrer(network, blur, ratios)
            sharp.append(np.minimum(deblurrer.deblur(middle), 1))
        write_picture(
            output_folder / f"adapted_{index}.png", np.concatenate([blur.values, *sharp], axis=1)
        )


RECIPE = Recipe(
    name="adaptation",
    summary="The refiner for your own camera, by captures without any truth",
    options=AdaptationOptions,
    run=adapt,
    sources=SourceArguments("CAPTURES", "Folders like Spike-GOPRO or RSB."),
    description="CAPTURES are blurry pictures with their spikes. What the run keeps lies beside "
    "OUT, in a folder of its name, with pictures before and after. Where adapting does not help, "
    "OUT is not written.",
    fixed=("devices", "nodes"),
    command="adapt",
)
