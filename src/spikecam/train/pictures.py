"""Crops of sharp pictures, from any folder of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from cachetools import LRUCache, cached
from torch.utils.data import Dataset

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike
from spikecam.io.pictures import as_levels, is_picture, picture_size, read_picture
from spikecam.picture import Picture, coloured
from spikecam.train.pairs import shuffled
from spikecam.train.samples import Sample, turned

# Decoded pictures that each process keeps at most.
_HELD_BYTES = 3 << 30
# Share of the pictures to judge by.
_HELD_OUT = 0.1


class Pictures(Dataset[Sample]):
    """Crops of pictures: number n is the same whenever it is asked for.

    A sample holds ``sharp``, (3, crop, crop) in [0, 1], from a picture that is made smaller by a
    factor drawn by lot, so that things of all sizes are seen, and turned and mirrored.

    Args:
        paths: of pictures.
        crop: side of the crops, a multiple of 8.
        seed: of everything random.
        length: how many there are.
        judge: for judging: sample n is the middle of picture n, as it is.

    Raises:
        FileError: a picture that cannot be read.
        OptionError: not such a crop.
    """

    def __init__(
        self, paths: Sequence[Path], crop: int, *, seed: int, length: int, judge: bool = False
    ) -> None:
        if crop < 64 or crop % 8:
            raise OptionError(f"a crop is a multiple of 8 and at least 64, not {crop}")
        self.paths, self.crop, self.seed, self.length = list(paths), crop, seed, length
        self.judge = judge

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        return {"sharp": as_sample(self.picture(number))}

    def picture(self, number: int) -> Picture:
        """The crop of that number, (crop, crop, 3)."""
        rng = np.random.default_rng((self.seed, number))
        chosen = number % len(self.paths) if self.judge else int(rng.integers(len(self.paths)))
        levels = decoded(self.paths[chosen])
        if self.judge:
            top, left = ((side - self.crop) // 2 for side in levels.shape[:2])
            side = self.crop
        else:
            side = int(rng.uniform(self.crop, min(2.5 * self.crop, *levels.shape[:2])))
            top, left = (int(rng.integers(n - side + 1)) for n in levels.shape[:2])
        crop = levels[top : top + side, left : left + side]
        if side != self.crop:
            size = self.crop, self.crop
            crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        pixels = crop.astype(np.float32) / np.float32(255)
        return pixels if self.judge else turned([pixels[None]], rng)[0][0]


def find_pictures(
    folders: Sequence[PathLike], crop: int, say: Callable[[str], None] | None = None
) -> tuple[list[Path], list[Path]]:
    """Pictures in folders and below, to train with and to judge by, about a tenth.

    Which ones are held out depends on their names alone. Those smaller than a crop are left out.

    Args:
        folders: of pictures.
        crop: side of the crops.
        say: takes a line that tells how many were left out.

    Raises:
        FileError: there are fewer than two, or one that cannot be read.
    """
    found: set[Path] = set()
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise FileError(f"{folder} is no folder of pictures; name one")
        found |= {path.resolve() for path in folder.rglob("[!.]*") if is_picture(path)}
    # By their names first, so that the same ones are held out wherever the folders lie.
    ordered = sorted(found, key=lambda path: (shuffled(path.name), str(path)))
    large = [path for path in ordered if min(picture_size(path)) >= crop]
    named = " and ".join(str(folder) for folder in folders)
    if len(large) < 2:
        raise FileError(
            f"{named} holds {len(large)} pictures of {crop} pixels a side or more; training takes "
            "two, or a smaller --crop"
        )
    if say is not None and len(large) < len(found):
        left = len(found) - len(large)
        say(f"{left} of {len(found)} pictures in {named} are smaller than a crop, and left out")
    held = max(1, round(_HELD_OUT * len(large)))
    return sorted(large[held:]), sorted(large[:held])


def digest(paths: Sequence[Path]) -> str:
    """A short name of a list of pictures, by their names."""
    return shuffled("\n".join(path.name for path in paths))[:16]


@cached(LRUCache(_HELD_BYTES, getsizeof=lambda levels: levels.nbytes))
def decoded(path: Path) -> npt.NDArray[np.uint8]:
    """A picture in colour, (h, w, 3), kept in memory: it is seen again and again."""
    levels: npt.NDArray[np.uint8] = as_levels(read_picture(path)).astype(np.uint8, copy=False)
    return coloured(levels)


def as_sample(picture: Picture) -> torch.Tensor:
    """A picture (h, w, 3) as (3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
