"""The stages of SpikeGen, from folders to files of weights: what ``spikecam train`` runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spikecam.errors import FileError, OptionError
from spikecam.generation.latents import DEFAULT, load_autoencoder
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.networks.configs.spikegen import SIZES, STRIDE, SpikeGenConfig
from spikecam.train.autoencoder import AutoencoderStage
from spikecam.train.config import RunConfig
from spikecam.train.job import ENDLESS, Data, Job, named, sized, train_stage
from spikecam.train.latents import LatentCache, Latents
from spikecam.train.moments import MomentConfig, Moments, larger
from spikecam.train.pictures import Pictures, digest, find_pictures
from spikecam.train.recipes import counted, found_pairs
from spikecam.train.scenes import SceneConfig
from spikecam.train.spikegen import LossConfig, SpikeGenStage
from spikecam.weights.store import load_weights

# The autoencoder is judged by crops that are larger.
_JUDGED_CROP = 256
DEFAULT_SIZE = "tiny"
# SpikeGen is judged by so many moments, at this g.
_JUDGED, _MIX = 48, 0.5


def train_autoencoder(
    job: Job, config: RunConfig, network: AutoencoderConfig, *, crop: int = 128
) -> Path:
    """Train the autoencoder on folders of pictures; the file of its weights.

    Raises:
        SpikecamError: as `spikecam.train.run.run`, `find_pictures` and `load_weights`.
    """
    network = sized(job, "autoencoder", network)
    train, val = find_pictures(job.datasets, crop, job.report.say)
    least = min(min(picture_size(path)) for path in val)
    seen = Pictures(train, crop, seed=config.seed, length=ENDLESS)
    judged = Pictures(
        val, max(crop, min(_JUDGED_CROP, least // 8 * 8)), seed=0, length=len(val), judge=True
    )
    settings = {
        "crop": crop,
        "data": {"train": len(train), "val": len(val), "pictures": digest([*train, *val])},
    }
    data = Data(seen, judged, len(train), settings, "pictures")
    return train_stage(job, config, data, lambda c: AutoencoderStage(network, c))


def pretrain_spikegen(
    job: Job,
    config: RunConfig,
    network: SpikeGenConfig | None,
    *,
    losses: LossConfig,
    autoencoder: PathLike = DEFAULT,
) -> Path:
    """Pre-train SpikeGen on cached latents; the file of its weights.

    Args:
        job: its data set is one folder of `make_latents`.
        config: of the run.
        network: size of SpikeGen; None for that of the weights to begin with.
        losses: how many draws of noise.
        autoencoder: whose latents they are.

    Raises:
        FileError: the latents are of another autoencoder, or there are none.
        SpikecamError: as `spikecam.train.run.run` and `load_weights`.
    """
    if losses.pixels or losses.alignment:
        raise OptionError(
            "pre-training sees latents alone; pixels and alignment are for fine-tuning"
        )
    if len(job.datasets) != 1:
        raise FileError("pre-training takes one folder of latents")
    (folder,) = job.datasets
    cache = LatentCache.open(folder)
    codec, name = load_autoencoder(autoencoder)
    if cache.autoencoder != name:
        raise FileError(
            f"the latents in {folder} are of another autoencoder than {autoencoder}; make them "
            "again in a new folder, or name theirs"
        )
    size = _network(job, network, name, autoencoder)
    size = replace(size, channels=codec.channels, side=cache.crop // STRIDE)
    data = Data(
        Latents(folder, seed=config.seed, length=ENDLESS),
        Latents(folder, seed=0, length=cache.val, judge=True),
        cache.train,
        {"losses": asdict(losses), "data": asdict(cache)},
        "crops",
    )
    return train_stage(job, config, data, lambda c: SpikeGenStage(size, codec, c, losses))


def tune_spikegen(
    job: Job,
    config: RunConfig,
    network: SpikeGenConfig | None,
    moments: MomentConfig,
    scenes: SceneConfig,
    *,
    losses: LossConfig,
    autoencoder: PathLike = DEFAULT,
    pictures: Sequence[PathLike] = (),
) -> Path:
    """Train SpikeGen for deblurring, dense reconstruction, or both; the file of its weights.

    It is judged at g = 0.5, by a plain sensor with the same thresholds.

    Args:
        job: its data sets are in the layout of Spike-GOPRO, with sharp pictures, best with the
            spike camera's light (``synth --light``); none for dense reconstruction alone.
        config: of the run.
        network: size of SpikeGen; None for that of the weights to begin with.
        moments, scenes: how samples are drawn.
        losses: what is made small.
        autoencoder: whose latents it works on.
        pictures: folders of sharp pictures for dense reconstruction.

    Raises:
        FileError: weights to begin with that are of another autoencoder.
        SpikecamError: as `spikecam.train.run.run`, `find_pairs` and `load_weights`.
    """
    codec, name = load_autoencoder(autoencoder)
    size = _network(job, network, name, autoencoder)
    side = scenes.crop // STRIDE
    size = replace(size, channels=codec.channels, frames=moments.frames, side=side)
    train, val = found_pairs(job)
    crop, seed = larger(scenes.crop), config.seed
    seen, judged = find_pictures(pictures, crop, job.report.say) if pictures else ([], [])
    plain = replace(scenes, scales=0.0, noise=0.0, patterned=0.0, dimmed=0.0)

    seen_crops, judged_crops = (
        Pictures(paths, crop, seed=seed, length=ENDLESS) if paths else None
        for paths in (seen, judged)
    )
    settings: dict[str, Any] = {
        "moments": asdict(moments),
        "scenes": asdict(scenes),
        "losses": asdict(losses),
        "data": counted(train, val) | {"pictures": digest([*seen, *judged])},
    }
    data = Data(
        Moments(train, seen_crops, moments, scenes, seed=seed, length=ENDLESS),
        Moments(val, judged_crops, moments, plain, seed=seed + 1, length=_JUDGED, mix=_MIX),
        len(train) or len(seen),
        settings,
        "pairs" if train else "pictures",
        named([*job.datasets, *pictures]),
    )
    return train_stage(job, config, data, lambda c: SpikeGenStage(size, codec, c, losses))


def _network(
    job: Job, network: SpikeGenConfig | None, codec: str, autoencoder: PathLike
) -> SpikeGenConfig:
    """The size that is asked for, or that of the weights to begin with, for an autoencoder."""
    if job.start is None:
        return replace(network or SIZES[DEFAULT_SIZE], autoencoder=codec)
    begun: SpikeGenConfig = load_weights(job.start, "spikegen")[0].config  # type: ignore[assignment]
    if begun.autoencoder != codec:
        raise FileError(
            f"{job.start} works on latents of another autoencoder than {autoencoder}; name its own"
        )
    same = {"frames": 8, "side": 1, "autoencoder": "", "channels": begun.channels}
    if network is not None and asdict(network) | same != asdict(begun) | same:
        raise OptionError(f"{job.start} is of a network of another size; leave --size out")
    return begun
