"""A person's own camera: the refiner trained on with what that camera took, without any truth.

From captures, the camera is measured: how many spikes it fires for how much light, and how unlike
its pixels are. The captures become scenes (see `pseudo_scenes`), which are seen by sensors like
that one; the network goes on learning from them. Scenes that were held out tell when to stop, and
captures that were held out whether to keep the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from torch import Tensor
from torch.utils.data import DataLoader

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.ratios import Ratios
from spikecam.deblurring.refined_picture import RefinedPicture
from spikecam.errors import OptionError, SpikecamError
from spikecam.exposure import resolve_exposure
from spikecam.io.pictures import write_picture
from spikecam.networks.refiner import Refiner
from spikecam.reconstruction.charge import charges
from spikecam.train.blind import blind_error, coarse_gray
from spikecam.train.config import RunConfig
from spikecam.train.folder import PICTURES
from spikecam.train.job import ENDLESS, Job, commit
from spikecam.train.pairs import find_pairs
from spikecam.train.recipes import counted, found_pairs, scenes_of
from spikecam.train.refined import RefinedStage
from spikecam.train.run import run
from spikecam.train.samples import Samples
from spikecam.train.scenes import SceneConfig, Scenes
from spikecam.weights.card import Card
from spikecam.weights.store import fingerprint, load_weights, save_weights

RUN = RunConfig(epochs=20, steps=50, batch=8, lr=2e-4)
# Pixels that scatter by more than this are those of a camera with a fixed pattern.
_PATTERNED = 0.03
# Captures that are shown, and captures and scenes that the result is judged by, at most.
_SHOWN, _HELD, _JUDGED = 4, 16, 32
# A gain below this, in dB, is none; captures may tell the contrary by so much.
_GAIN, _DOUBT = 0.03, 1.02


@dataclass(frozen=True)
class Adapted:
    """What adapting brought.

    Attributes:
        psnr: on held-out scenes with the measured sensor, in dB, before and after.
        blind: error at hidden pixels of held-out captures (`blind_error`), before and after.
    """

    psnr: tuple[float, float]
    blind: tuple[float, float]


def adapt(
    job: Job, out: Path, config: RunConfig = RUN, *, scenes: int = 200, patience: int = 4
) -> Adapted:
    """Adapt weights to the camera that took some captures, and write them.

    Args:
        job: captures, in the layout of Spike-GOPRO or RSB; where the run is kept; the weights to
            begin with.
        out: the file of the new weights.
        config: of the run.
        scenes: how many are made of the captures.
        patience: epochs without a better result after which it ends.

    Raises:
        OptionError: a patience below 1.
        SpikecamError: the result is no better than the start; nothing is written then. And as
            `train_refined`.
    """
    say = job.report.say or (lambda _: None)
    if patience < 1:
        raise OptionError(f"patience is at least 1 epoch, not {patience}")
    network, card = load_weights(job.start or "refined", "refiner")
    assert isinstance(network, Refiner)
    train, held = found_pairs(job)
    held = held[:_HELD]
    sensor = replace(measured_sensor(train), along=network.config.trails)
    pattern = "a strong fixed pattern" if sensor.patterned > 0.5 else "no strong fixed pattern seen"
    say(f"the camera: V_th {sensor.thresholds[0]:.2g} to {sensor.thresholds[1]:.2g}, {pattern}")
    folder = Path(job.folder)
    made = scenes_of(train, job, scenes, config.seed)
    seen, judged = find_pairs(made, light=True)
    least = min(min(pair.shape) for pair in seen if pair.shape is not None) * PICTURE_SCALE
    sensor = replace(sensor, crop=min(sensor.crop, least // 16 * 16))
    val = Scenes(judged, sensor, seed=config.seed + 1, length=_JUDGED)
    stage = RefinedStage(network.config, config)
    before = deepcopy(network)
    stage.network.load_state_dict(network.state_dict())
    first = scene_psnr(before, val)
    best = Best(first)
    run(
        stage,
        Samples(Scenes(seen, sensor, seed=config.seed, length=ENDLESS), val, config),
        folder,
        config,
        settings={
            "stage": "adapted",
            "run": config.settings(),
            "network": asdict(network.config),
            "start": fingerprint(network),
            "scenes": asdict(sensor) | {"count": scenes},
            "patience": patience,
            "data": counted(train, held),
        },
        report=job.report,
        callbacks=[best, Patience(patience)],
    )
    after = deepcopy(before)
    if best.weights is not None:
        after.load_state_dict(best.weights)
    say(f"judging by {len(held)} held-out captures")
    # By the same measure as the start, wherever and however exactly it was trained.
    result = Adapted(
        (first, scene_psnr(after, val)), (blind_error(before, held), blind_error(after, held))
    )
    show(folder / PICTURES, held[:_SHOWN], before, after)
    if result.psnr[1] < first + _GAIN or result.blind[1] > _DOUBT * result.blind[0]:
        raise SpikecamError(
            f"adapting did not help: {first:.2f} dB became {result.psnr[1]:.2f} on held-out "
            f"scenes, and the error at hidden pixels of held-out captures {result.blind[0]:.4f} "
            f"became {result.blind[1]:.4f}; nothing was written: keep the weights you have, or "
            "give more captures"
        )
    save_weights(
        out,
        after,
        Card(
            name=out.stem,
            summary=f"{card.name}, adapted to one camera",
            data=f"{len(train)} captures without truth; before: {card.data}",
            recipe=job.report.command or "spikecam.train.adaptation.adapt",
            commit=commit(),
            licence=card.licence,
            scores=(
                ("held-out scenes before", f"{first:.2f} dB"),
                ("held-out scenes after", f"{result.psnr[1]:.2f} dB"),
            ),
            limits="for this camera alone; measured on scenes made of its own captures",
        ),
    )
    return result


def measured_sensor(pairs: Sequence[Pair]) -> SceneConfig:
    """What sensors to simulate for the camera that took these pairs.

    The threshold is the light of the blurry picture to the thresholds that the spike camera
    collected meanwhile; pixels that lie off it in most pairs are those of a fixed pattern.
    """
    thresholds, apart = [], []
    for pair in pairs:
        stream = pair.stream()
        start, stop = resolve_exposure(stream)
        [collected] = charges(stream, [(start, stop)])
        rate = collected / (stop - start)
        light = coarse_gray(pair.blurry_picture())
        thresholds.append(float(light.mean() / max(rate.mean(), 1e-4)))
        apart.append(np.log(rate * thresholds[-1] + 0.02) - np.log(light + 0.02))
    shapes = {one.shape for one in apart}
    spread = float(np.median(apart, axis=0).std()) if len(shapes) == 1 and len(apart) > 4 else 0.0
    # Not by the least and the most: a cap on one lens says nothing of the camera.
    low, high = np.quantile(thresholds, (0.1, 0.9))
    return SceneConfig(
        crop=160,
        thresholds=(0.8 * float(low), 1.25 * float(high)),
        patterned=0.9 if spread > _PATTERNED else 0.2,
        noise=0.5,
        scales=0.0,
        dimmed=0.0,
    )


class Patience(EarlyStopping):
    """Ends a run whose PSNR did not rise for some epochs; also one that is repeated after that."""

    def __init__(self, epochs: int) -> None:
        # With the validation, before the checkpoint is written.
        super().__init__("val/psnr", patience=epochs, mode="max", check_on_train_epoch_end=False)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Look whether it had ended."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class Best(Callback):
    """Keeps the weights that judged best, if they are better than the start."""

    def __init__(self, psnr: float) -> None:
        self.psnr = psnr
        self.weights: dict[str, Tensor] | None = None
        self._judged: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Take the weights that were judged, while they are those of the average."""
        held = pl_module.network.state_dict()
        self._judged = {name: values.detach().cpu().clone() for name, values in held.items()}

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the result."""
        psnr = float(trainer.callback_metrics["val/psnr"])
        if psnr > self.psnr:
            self.psnr, self.weights = psnr, self._judged

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"psnr": self.psnr, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.psnr, self.weights = state_dict["psnr"], state_dict["weights"]


def scene_psnr(network: Refiner, scenes: Scenes) -> float:
    """PSNR as a run judges it, of weights as they are."""
    stage = RefinedStage(network.config, RUN)
    stage.network.load_state_dict(network.state_dict())
    values, count = 0.0, 0
    with torch.inference_mode():
        for batch in DataLoader(scenes, RUN.batch):
            measures, _ = stage.judged(batch)
            values += float(measures["psnr"]) * len(batch["blur"])
            count += len(batch["blur"])
    return values / count


def show(folder: Path, pairs: Sequence[Pair], before: Refiner, after: Refiner) -> None:
    """Pictures of pairs: blurry, by the weights before, by those after, side by side."""
    for number, pair in enumerate(pairs):
        stream, blur = pair.stream(), pair.blurry_picture()
        span = resolve_exposure(stream)
        ratios = Ratios(stream, span)
        sharp = [RefinedPicture(n, blur, ratios).sharp(sum(span) // 2) for n in (before, after)]
        write_picture(folder / f"adapted_{number}.png", np.concatenate([blur, *sharp], axis=1))
