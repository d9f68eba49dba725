"""Latents of pictures, made once, on which SpikeGen is pre-trained (SpikeGen 3.2, A.2).

A cache is a folder with ``cache.json``, which says of which autoencoder the latents are, and five
arrays of N crops: ``blurry``, ``sharp`` and ``gray`` latents, float16 (N, C, h / 8, w / 8);
``spikes``, 8 frames packed along rows, uint8 (N, 8, h, w / 8); and ``gain``, float32 (N,).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from spikecam.errors import FileError, OutputError
from spikecam.generation.inputs import gain_to
from spikecam.generation.latents import Codec
from spikecam.gray import as_gray
from spikecam.io.atomic import atomic_folder
from spikecam.io.paths import PathLike
from spikecam.picture import Picture, coloured
from spikecam.scenes.pretraining import FRAMES, pretraining_pair
from spikecam.stream import SpikeStream
from spikecam.train.moments import drawn_mix
from spikecam.train.pictures import Pictures, as_sample, digest, find_pictures
from spikecam.train.samples import Sample

CACHE = "cache.json"
_BATCH = 16


@dataclass(frozen=True)
class LatentCache:
    """What a cache says of itself.

    Attributes:
        autoencoder: fingerprint of the one whose latents these are.
        train, val: crops to train with, and, behind them, to judge by.
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
    def open(folder: PathLike) -> LatentCache:
        """Of a folder.

        Raises:
            FileError: there is no whole cache.
        """
        path = Path(folder) / CACHE
        try:
            return LatentCache(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise FileError(
                f"{folder} holds no latents; make them with spikecam train latents"
            ) from error


def make_latents(
    folders: Sequence[PathLike],
    out: PathLike,
    autoencoder: Codec,
    fingerprint: str,
    *,
    crop: int = 256,
    each: int = 8,
    seed: int = 0,
    track: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> LatentCache:
    """Make a cache of crops of the pictures in ``folders``.

    One that is there already is kept if it is the same.

    Args:
        folders: of pictures.
        out: the folder of the cache.
        autoencoder: on its device, in eval mode.
        fingerprint: of that.
        crop: side of the crops, a multiple of 8; 256 as published.
        each: crops of every picture.
        seed: of everything random.
        track: passes on the steps, and shows how far they are.

    Raises:
        FileError: fewer than two pictures, or one that cannot be read.
        OutputError: the folder holds other latents, or cannot be written.
    """
    train, val = find_pictures(folders, crop)
    cache = LatentCache(
        fingerprint, each * len(train), len(val), crop, seed, digest([*train, *val])
    )
    root = Path(out)
    if (root / CACHE).exists():
        if LatentCache.open(root) == cache:
            return cache
        raise OutputError(f"{root} holds other latents; name a new folder")
    parts = [
        Pictures(train, crop, seed=seed, length=cache.train),
        Pictures(val, crop, seed=seed, length=cache.val, judge=True),
    ]
    shapes = _shapes(cache.train + cache.val, autoencoder.channels, crop)
    _check_room(root, sum(int(np.prod(shape)) * kind().itemsize for kind, shape in shapes.values()))
    numbers = [(part, n) for part in parts for n in range(len(part))]
    with atomic_folder(root) as temporary:
        arrays = {
            name: np.lib.format.open_memmap(
                temporary / f"{name}.npy", mode="w+", dtype=kind, shape=shape
            )
            for name, (kind, shape) in shapes.items()
        }
        for first in track(range(0, len(numbers), _BATCH)):
            chosen = numbers[first : first + _BATCH]
            place = slice(first, first + len(chosen))
            sharp = [part.picture(n) for part, n in chosen]
            pairs = [_pair(one, seed + first + i) for i, one in enumerate(sharp)]
            gray = [coloured(as_gray(one)) for one in sharp]
            blurry = [pair[0] for pair in pairs]
            for name, pictures in (("blurry", blurry), ("sharp", sharp), ("gray", gray)):
                arrays[name][place] = _encoded(autoencoder, pictures)
            arrays["spikes"][place] = [stream.rows() for _, stream in pairs]
            arrays["gain"][place] = [
                gain_to(as_gray(one), float(stream.count().mean()) / FRAMES)
                for one, stream in pairs
            ]
        for array in arrays.values():
            array.flush()
        text = json.dumps(asdict(cache), indent=2)
        (temporary / CACHE).write_text(text + "\n", encoding="utf-8")
    return cache


def _shapes(count: int, channels: int, crop: int) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """The kind and shape of each array."""
    latent = np.float16, (count, channels, crop // 8, crop // 8)
    spikes = np.uint8, (count, FRAMES, crop, crop // 8)
    return {
        **dict.fromkeys(("blurry", "sharp", "gray"), latent),
        "spikes": spikes,
        "gain": (np.float32, (count,)),
    }


def _check_room(root: Path, needed: int) -> None:
    """Refuse, before any work, a disk that is too small: a mapped file would end the process."""
    above = root.absolute()
    while not above.exists():
        above = above.parent
    free = shutil.disk_usage(above).free
    if needed > free:
        raise OutputError(
            f"{root} needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free there; choose "
            "another place, or a smaller --each or --crop"
        )


def _pair(sharp: Picture, seed: int) -> tuple[Picture, SpikeStream]:
    """The blurry picture and the spikes of a sharp one; a black one fires nowhere."""
    if as_gray(sharp).any():
        return pretraining_pair(sharp, seed)
    return sharp, SpikeStream.from_array(np.zeros((FRAMES, *sharp.shape[:2]), np.uint8))


def _encoded(autoencoder: Codec, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
    device = next(autoencoder.parameters()).device
    batch = torch.stack([as_sample(one) for one in pictures]).to(device)
    with torch.inference_mode():
        latents: npt.NDArray[np.float32] = autoencoder.encode(batch).cpu().numpy()
    return latents


class Latents(Dataset[Sample]):
    """Samples of a cache: number n is the same whenever it is asked for.

    A sample holds ``latents`` of the blurry picture, (C, h, w); ``spikes`` uint8 (8, 8 h, 8 w);
    ``gain`` and ``mix`` (); and ``target``, the latents of the sharp picture whose colours fade
    with g,

        (1 - g) E(sharp) + g E(gray)

    which are those of the faded picture as far as the autoencoder is linear: our choice, so that
    they can be made once.

    Args:
        folder: of the cache.
        seed: of the ratios g and of which crop comes next.
        length: how many samples there are.
        judge: samples are those to judge by, in order, and g is 0.5.
    """

    def __init__(self, folder: PathLike, *, seed: int, length: int, judge: bool = False) -> None:
        self.cache, self.folder = LatentCache.open(folder), Path(folder)
        self.seed, self.length, self.judge = seed, length, judge
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.seed, number))
        held = self._held()
        if self.judge:
            chosen, mix = self.cache.train + number, 0.5
        else:
            chosen, mix = int(rng.integers(self.cache.train)), drawn_mix(rng)
        sharp, gray = (held[name][chosen].astype(np.float32) for name in ("sharp", "gray"))
        spikes = np.unpackbits(held["spikes"][chosen], axis=2, bitorder="little")
        return {
            "latents": torch.from_numpy(held["blurry"][chosen].astype(np.float32)),
            "spikes": torch.from_numpy(spikes),
            "gain": torch.tensor(float(held["gain"][chosen])),
            "mix": torch.tensor(mix),
            "target": torch.from_numpy((1 - mix) * sharp + mix * gray),
        }

    def _held(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays, opened by each process for itself."""
        if not self._arrays:
            try:
                self._arrays = {
                    name: np.load(self.folder / f"{name}.npy", mmap_mode="r")
                    for name in _shapes(0, 0, 0)
                }
            except (OSError, ValueError, EOFError) as error:
                raise FileError(
                    f"the latents in {self.folder} are damaged ({error}); make them again in a new "
                    "folder"
                ) from error
        return self._arrays
