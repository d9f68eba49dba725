"""Each stage from a data set to a file of weights: what ``spikecam train`` runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.teacher import Teacher
from spikecam.train.bsn import BSNStage
from spikecam.train.config import RunConfig
from spikecam.train.folder import CONFIG, PSEUDO, check_run
from spikecam.train.job import ENDLESS, Data, Job, sized, train_stage
from spikecam.train.ldn import DistilConfig, LDNStage
from spikecam.train.pairs import CropConfig, Crops, digest, find_pairs
from spikecam.train.perceptual import perceptual
from spikecam.train.pseudo import pseudo_scenes
from spikecam.train.refined import RefinedStage
from spikecam.train.scenes import SceneConfig, Scenes
from spikecam.train.sr import SRStage
from spikecam.weights.store import fingerprint, load_weights

# Runs are judged by at most this many samples.
_JUDGED = 48
# Scenes are judged by crops that are larger, where pictures are.
_JUDGED_CROP = 256


def train_bsn(job: Job, config: RunConfig, crops: CropConfig, network: BSNConfig) -> Path:
    """Train BSN by Eq. 9; the file of its weights.

    Raises:
        SpikecamError: as `spikecam.train.run.run`, `find_pairs` and `load_weights`.
    """
    network = sized(job, "bsn", network)
    return train_stage(job, config, _crops(job, config, crops), lambda c: BSNStage(network, c))


def train_sr(job: Job, config: RunConfig, crops: CropConfig, network: EDSRConfig) -> Path:
    """Train EDSR by Eq. 10; the file of its weights. Errors as for `train_bsn`."""
    network = sized(job, "edsr", network)
    return train_stage(job, config, _crops(job, config, crops), lambda c: SRStage(network, c))


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
    network = sized(job, "ldn", network)
    bsn, sr = (load_weights(one, n)[0] for one, n in zip(teacher, ("bsn", "edsr"), strict=True))
    taught, distance, distil = Teacher(bsn, sr), perceptual(lpips), distil or DistilConfig()
    if crops.moments < 1:
        raise OptionError(f"the student learns at 1 or more moments, not {crops.moments}")
    data = _crops(job, config, replace(crops, window=network.window))
    data.settings["teacher"] = fingerprint(taught)
    data.settings["distil"] = asdict(distil)
    data.settings["distance"] = type(distance).__name__, fingerprint(distance)
    return train_stage(
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
    network = sized(job, "refiner", network)
    scenes = replace(scenes, along=network.trails)
    said = job
    if pseudo:
        pairs, _ = found_pairs(job)
        job = replace(job, datasets=[scenes_of(pairs, job, pseudo, config.seed)])
    train, val = found_pairs(job, light=True)
    least = min(min(pair.shape) for pair in val if pair.shape is not None) // 4 * 4 * PICTURE_SCALE
    if pseudo:
        scenes = replace(scenes, crop=min(scenes.crop, least))
    crop = max(scenes.crop, min(_JUDGED_CROP, least))
    plain = replace(scenes, crop=crop, scales=0.0, noise=0.0, patterned=0.0, dimmed=0.0)
    data = Data(
        Scenes(train, scenes, seed=config.seed, length=ENDLESS),
        Scenes(val, plain, seed=config.seed + 1, length=_JUDGED),
        len(train),
        {"scenes": asdict(scenes), "pseudo": pseudo, "data": counted(train, val)},
    )
    return train_stage(said, config, data, lambda c: RefinedStage(network, c))


def scenes_of(pairs: Sequence[Pair], job: Job, count: int, seed: int) -> Path:
    """A data set of scenes made of pairs alone, in the folder of the run; see `pseudo_scenes`.

    Raises:
        OutputError: the folder is not one for a run.
    """
    folder = Path(job.folder)
    if not (folder / CONFIG).exists():
        check_run(folder, {})
    return pseudo_scenes(pairs, folder / PSEUDO, sequences=count, seed=seed, say=job.report.say)


def _crops(job: Job, config: RunConfig, crops: CropConfig) -> Data:
    train, val = found_pairs(job)
    judged = min(_JUDGED, len(val))
    return Data(
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
