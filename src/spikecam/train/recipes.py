"""Each stage from a data set to a file of weights: what ``spikecam train`` runs."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.utils.data import Dataset

from spikecam.data.layouts import SCALE, Pair
from spikecam.errors import OptionError
from spikecam.io.recording import PathLike
from spikecam.networks.bsn import BSNConfig
from spikecam.networks.edsr import EDSRConfig
from spikecam.networks.ldn import LDNConfig
from spikecam.networks.refiner import RefinerConfig
from spikecam.networks.teacher import Teacher
from spikecam.train.bsn import BSNStage
from spikecam.train.config import RunConfig
from spikecam.train.folder import CONFIG, PSEUDO, check_run, last_measures
from spikecam.train.ldn import DistilConfig, LDNStage
from spikecam.train.pairs import CropConfig, Crops, digest, find_pairs
from spikecam.train.perceptual import perceptual
from spikecam.train.pseudo import pseudo_scenes
from spikecam.train.refined import RefinedStage
from spikecam.train.run import Report, run
from spikecam.train.samples import Samples
from spikecam.train.scenes import SceneConfig, Scenes
from spikecam.train.sr import SRStage
from spikecam.train.stage import Stage
from spikecam.weights.card import Card
from spikecam.weights.store import load_weights, save_weights

# Runs are judged by at most this many samples; those of training never end.
_JUDGED, ENDLESS = 48, 1 << 40
# Scenes are judged by crops that are larger, where pictures are.
_JUDGED_CROP = 256

Size = TypeVar("Size")


@dataclass(frozen=True)
class Job:
    """What every recipe is asked for.

    Attributes:
        datasets: folders in the layout of Spike-GOPRO or RSB.
        folder: where the run is kept; one that was begun goes on.
        start: weights to begin with, a name of those that ship or a file; None for new ones.
        incomplete: "refuse" or "skip" pairs of which something is missing.
        report: how the run tells of itself.
    """

    datasets: Sequence[PathLike]
    folder: PathLike
    start: PathLike | None = None
    incomplete: str = "refuse"
    report: Report = field(default_factory=Report)


def train_bsn(job: Job, config: RunConfig, crops: CropConfig, network: BSNConfig) -> Path:
    """Train BSN by Eq. 9; the file of its weights.

    Raises:
        SpikecamError: as `spikecam.train.run.run`, `find_pairs` and `load_weights`.
    """
    network = _size(job, "bsn", network)
    return _train(job, config, _crops(job, config, crops), lambda c: BSNStage(network, c))


def train_sr(job: Job, config: RunConfig, crops: CropConfig, network: EDSRConfig) -> Path:
    """Train EDSR by Eq. 10; the file of its weights. Errors as for `train_bsn`."""
    network = _size(job, "edsr", network)
    return _train(job, config, _crops(job, config, crops), lambda c: SRStage(network, c))


def train_ldn(
    job: Job,
    config: RunConfig,
    crops: CropConfig,
    network: LDNConfig,
    *,
    teacher: tuple[PathLike, PathLike] = ("bsn", "edsr"),
    distil: DistilConfig | None = None,
    lpips: PathLike | None = None,
) -> Path:
    """Train LDN by Eq. 13; the file of its weights. Errors as for `train_bsn`.

    Args:
        job, config, crops, network: as for the other stages; crops have the network's window.
        teacher: weights of BSN and of EDSR, names of those that ship or files.
        distil: how the student learns.
        lpips: weights of LPIPS (VGG) for the teacher's loss, see `perceptual`.
    """
    network = _size(job, "ldn", network)
    bsn, sr = (load_weights(one, n)[0] for one, n in zip(teacher, ("bsn", "edsr"), strict=True))
    taught, distance, distil = Teacher(bsn, sr), perceptual(lpips), distil or DistilConfig()
    if crops.moments < 1:
        raise OptionError(f"the student learns at 1 or more moments, not {crops.moments}")
    data = _crops(job, config, replace(crops, window=network.window))
    data.settings["teacher"] = fingerprint(taught)
    data.settings["distil"] = asdict(distil)
    data.settings["distance"] = type(distance).__name__, fingerprint(distance)
    return _train(
        job, config, data, lambda c: LDNStage(network, taught, distance, c, distil=distil)
    )


def train_refined(
    job: Job,
    config: RunConfig,
    scenes: SceneConfig,
    network: RefinerConfig,
    *,
    pseudo: int = 0,
) -> Path:
    """Train the refiner on simulated scenes; the file of its weights. Errors as for `train_bsn`.

    It is judged by a plain sensor with the same thresholds.

    Args:
        job, config, network: as for the other stages.
        scenes: how samples are drawn.
        pseudo: how many scenes are made of the blurry pictures and the spikes of the data sets
            alone (see `pseudo_scenes`); 0 takes their sharp films.
    """
    network = _size(job, "refiner", network)
    scenes = replace(scenes, along=network.trails)
    said = job
    if pseudo:
        pairs, _ = found_pairs(job)
        job = replace(job, datasets=[scenes_of(pairs, job, pseudo, config.seed)])
    train, val = found_pairs(job, light=True)
    least = min(min(pair.shape) for pair in val if pair.shape is not None) // 4 * 4 * SCALE
    if pseudo:
        scenes = replace(scenes, crop=min(scenes.crop, least))
    crop = max(scenes.crop, min(_JUDGED_CROP, least))
    plain = replace(scenes, crop=crop, scales=0.0, noise=0.0, patterned=0.0, dimmed=0.0)
    data = _Data(
        Scenes(train, scenes, seed=config.seed, length=ENDLESS),
        Scenes(val, plain, seed=config.seed + 1, length=_JUDGED),
        len(train),
        {"scenes": asdict(scenes), "pseudo": pseudo, "data": counted(train, val)},
    )
    return _train(said, config, data, lambda c: RefinedStage(network, c))


def scenes_of(pairs: Sequence[Pair], job: Job, count: int, seed: int) -> Path:
    """A data set of scenes made of pairs alone, in the folder of the run; see `pseudo_scenes`.

    Raises:
        OutputError: the folder is not one for a run.
    """
    folder = Path(job.folder)
    if not (folder / CONFIG).exists():
        check_run(folder, {})
    return pseudo_scenes(pairs, folder / PSEUDO, sequences=count, seed=seed, say=job.report.say)


def fingerprint(module: nn.Module) -> str:
    """A short name of a network's weights, by their values."""
    found = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        found.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def commit() -> str:
    """Of spikecam: the commit of its source where there is one, else its version."""
    root = Path(__file__).parents[3]
    version = f"spikecam {metadata.version('spikecam')}"
    if not (root / ".git").exists():
        return version
    words = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return version
    return said.stdout.strip()


@dataclass(frozen=True)
class _Data:
    """Samples, of how many pairs, and the settings that they depend on."""

    train: Dataset[Any]
    val: Dataset[Any]
    pairs: int
    settings: dict[str, Any]


def _crops(job: Job, config: RunConfig, crops: CropConfig) -> _Data:
    train, val = found_pairs(job)
    judged = min(_JUDGED, len(val))
    return _Data(
        Crops(train, crops, seed=config.seed, length=ENDLESS),
        Crops(val, crops, seed=config.seed + 1, length=judged, judge=True),
        len(train),
        {"crops": asdict(crops), "data": counted(train, val)},
    )


def found_pairs(job: Job, *, light: bool = False) -> tuple[list[Pair], list[Pair]]:
    """Pairs of all data sets, to train with and to judge by.

    Raises:
        FileError: as `find_pairs`.
    """
    found = [
        find_pairs(one, job.incomplete, light=light, say=job.report.say) for one in job.datasets
    ]
    return [p for train, _ in found for p in train], [p for _, val in found for p in val]


def counted(train: Sequence[Pair], val: Sequence[Pair]) -> dict[str, Any]:
    """What tells a list of pairs from others, wherever they lie."""
    return {"train": len(train), "val": len(val), "pairs": digest([*train, *val])}


def _size(job: Job, kind: str, network: Size) -> Size:
    """The size of the network: that of the weights to begin with, if there are any."""
    if job.start is None:
        return network
    size: Size = load_weights(job.start, kind)[0].config  # type: ignore[assignment]
    if network not in (type(network)(), size):
        raise OptionError(f"{job.start} is of a network of another size, {size}; leave sizes out")
    return size


def _train(job: Job, config: RunConfig, data: _Data, make: Callable[[RunConfig], Stage]) -> Path:
    config = config.for_pairs(data.pairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        stage = make(config)
    network: Any = stage.network
    if job.start is not None:
        network.load_state_dict(load_weights(job.start)[0].state_dict())
    settings = {
        "stage": stage.name,
        "run": config.settings(),
        "network": asdict(network.config),
        "start": None if job.start is None else fingerprint(network),
        **data.settings,
    }
    folder = Path(job.folder)
    check_run(folder, settings)
    # Before the run: its source may change meanwhile.
    source = commit()
    if job.report.say is not None:
        count = sum(values.numel() for values in network.parameters())
        job.report.say(
            f"{stage.name}: {count:,} parameters, {data.pairs} pairs to train with and "
            f"{data.settings['data']['val']} to judge by, {config.epoch_steps} steps an epoch"
        )
    samples = Samples(data.train, data.val, config)
    out = folder / f"{stage.name}.safetensors"
    if run(stage, samples, folder, config, settings=settings, report=job.report):
        names = [Path(one).resolve().name for one in job.datasets]
        scores = sorted(last_measures(folder).items())
        save_weights(
            out,
            network,
            Card(
                name=stage.name,
                summary=stage.summary,
                data=f"{', '.join(names)}: {data.pairs} pairs",
                recipe=job.report.command or "spikecam.train",
                commit=source,
                licence="not stated",
                scores=tuple((name, f"{value:.5g}") for name, value in scores),
                limits="measured on pairs of the same data set alone",
            ),
        )
    return out
