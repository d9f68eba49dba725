"""A cache of latents of pictures, on which SpikeGen is pre-trained (SpikeGen 3.2, A.2).

It is a folder with ``cache.json``, which names the autoencoder of the latents, and five arrays of N
crops: ``blurry``, ``sharp`` and ``gray`` latents, float16 (N, C, h / 8, w / 8);
``spikes``, 8 frames packed along rows, uint8 (N, 8, h, w / 8); and ``gain``, float32 (N,).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from spikecam.errors import FileError, OutputError
from spikecam.generation.autoencoders import Codec
from spikecam.generation.spikegen_input import SpikeGenInput
from spikecam.gray import as_gray
from spikecam.io.atomic import atomic_folder
from spikecam.io.paths import PathLike
from spikecam.picture import Picture, as_colour
from spikecam.resources import free_disk_bytes
from spikecam.scenes.pretraining import FRAMES, pretraining_pair
from spikecam.stream import SpikeStream
from spikecam.train.datasets.pictures import (
    PictureCrops,
    find_train_val_pictures,
    picture_to_tensor,
    pictures_digest,
)

CACHE = "cache.json"
ARRAYS = ("blurry", "sharp", "gray", "spikes", "gain")
# Crops that are encoded at a time.
_BATCH = 16


@dataclass(frozen=True)
class LatentCacheDescription:
    """Description of a cache of latents: its autoencoder, crops, seed and pictures.

    Attributes:
        autoencoder: fingerprint of the one whose latents these are.
        train, val: crops for training, and, behind them, for validation.
        crop: their side in pixels.
        seed: of crops, kernels and spikes.
        pictures: digest of the pictures' names.
    """

    autoencoder: str
    train: int
    val: int
    crop: int
    seed: int
    pictures: str

    @staticmethod
    def read(folder: PathLike) -> LatentCacheDescription:
        """Read the description of the cache in a folder.

        Raises:
            FileError: there is no whole cache.
        """
        path = Path(folder) / CACHE
        try:
            return LatentCacheDescription(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise FileError(
                f"{folder} holds no latents; make them with spikecam train latents"
            ) from error


def write_latent_cache(
    picture_folders: Sequence[PathLike],
    cache_folder: PathLike,
    autoencoder: Codec,
    fingerprint: str,
    *,
    crop: int = 256,
    crops_per_picture: int = 8,
    seed: int = 0,
    track: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> LatentCacheDescription:
    """Write a cache of the latents of crops of pictures.

    One that is there already is kept if it is the same.

    Args:
        picture_folders: of pictures.
        cache_folder: the folder of the cache.
        autoencoder: on its device, in eval mode.
        fingerprint: of that.
        crop: side of the crops, a multiple of 8; 256 as published.
        crops_per_picture: crops of every training picture.
        seed: of everything random.
        track: passes on the steps, and shows the progress.

    Raises:
        FileError: fewer than two pictures, or one that cannot be read.
        OutputError: the folder holds other latents, or cannot be written.
    """
    train, val = find_train_val_pictures(picture_folders, crop)
    cache = LatentCacheDescription(
        fingerprint,
        crops_per_picture * len(train),
        len(val),
        crop,
        seed,
        pictures_digest([*train, *val]),
    )
    root = Path(cache_folder)
    if (root / CACHE).exists():
        if LatentCacheDescription.read(root) == cache:
            return cache
        raise OutputError(f"{root} holds other latents; name a new folder")
    parts = [
        PictureCrops(train, crop, seed=seed, length=cache.train),
        PictureCrops(val, crop, seed=seed, length=cache.val, validation=True),
    ]
    shapes = _array_types_and_shapes(cache.train + cache.val, autoencoder.latent_channels, crop)
    _check_free_space(
        root, sum(int(np.prod(shape)) * kind().itemsize for kind, shape in shapes.values())
    )
    crops = [(part, n) for part in parts for n in range(len(part))]
    inputs = SpikeGenInput(FRAMES)
    with atomic_folder(root) as temporary:
        arrays = {
            name: np.lib.format.open_memmap(
                temporary / f"{name}.npy", mode="w+", dtype=kind, shape=shape
            )
            for name, (kind, shape) in shapes.items()
        }
        for first in track(range(0, len(crops), _BATCH)):
            batch = crops[first : first + _BATCH]
            place = slice(first, first + len(batch))
            sharp = [part.crop_picture(n) for part, n in batch]
            pairs = [_blur_and_simulate(one, seed + first + i) for i, one in enumerate(sharp)]
            gray = [as_colour(as_gray(one)) for one in sharp]
            blurry = [pair[0] for pair in pairs]
            for name, pictures in (("blurry", blurry), ("sharp", sharp), ("gray", gray)):
                arrays[name][place] = _encode(autoencoder, pictures)
            arrays["spikes"][place] = [stream.packed_rows() for _, stream in pairs]
            arrays["gain"][place] = [
                inputs.brightness_gain(as_gray(one), float(stream.count().mean()) / FRAMES)
                for one, stream in pairs
            ]
        for array in arrays.values():
            array.flush()
        text = json.dumps(asdict(cache), indent=2)
        (temporary / CACHE).write_text(text + "\n", encoding="utf-8")
    return cache


def _array_types_and_shapes(
    count: int, channels: int, crop: int
) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Data type and shape of each array of a cache."""
    latent = np.float16, (count, channels, crop // 8, crop // 8)
    spikes = np.uint8, (count, FRAMES, crop, crop // 8)
    return {
        **dict.fromkeys(("blurry", "sharp", "gray"), latent),
        "spikes": spikes,
        "gain": (np.float32, (count,)),
    }


def _check_free_space(root: Path, byte_count: int) -> None:
    """Refuse a disk with too little free space: a mapped file would end the process."""
    free = free_disk_bytes(root)
    if byte_count > free:
        raise OutputError(
            f"{root} needs {byte_count / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free there; "
            "choose "
            "another place, or a smaller --crops-per-picture or --crop"
        )


def _blur_and_simulate(sharp: Picture, seed: int) -> tuple[Picture, SpikeStream]:
    """Simulate the blurry picture and the spikes of a sharp picture."""
    if as_gray(sharp).any():
        return pretraining_pair(sharp, seed)
    return sharp, SpikeStream.from_array(np.zeros((FRAMES, *sharp.shape[:2]), np.uint8))


def _encode(autoencoder: Codec, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
    device = next(autoencoder.parameters()).device
    batch = torch.stack([picture_to_tensor(one) for one in pictures]).to(device)
    with torch.inference_mode():
        latents: npt.NDArray[np.float32] = autoencoder.encode(batch).cpu().numpy()
    return latents
