"""Crops of sharp pictures, from any folder of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from cachetools import LRUCache, cached
from torch.utils.data import Dataset

from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.io.pictures import is_picture, picture_size, quantize_to_levels, read_picture
from spikecam.picture import Picture, as_colour
from spikecam.train.datasets.configs import check_crop_side
from spikecam.train.datasets.pairs import sha256_of_text
from spikecam.train.datasets.random_draws import random_rotate_and_flip
from spikecam.train.engine.sampler import Sample

# Decoded pictures that each process keeps at most.
_CACHE_BYTES = 3 << 30
# Share of the pictures for validation.
_VALIDATION_SHARE = 0.1


class PictureCrops(Dataset[Sample]):
    """Dataset of crops of pictures.

    Each index is always the same sample.

    A sample holds ``sharp``, (3, crop, crop) in [0, 1], from a picture that is reduced by a random
    factor, so that things of all sizes are seen, and rotated and flipped.

    Args:
        paths: of pictures.
        crop: side of the crops, a multiple of 8.
        seed: of everything random.
        length: number of samples.
        validation: sample n is the middle of picture n, as it is.

    Raises:
        FileError: a picture that cannot be read.
        OptionError: not such a crop.
    """

    def __init__(
        self, paths: Sequence[Path], crop: int, *, seed: int, length: int, validation: bool = False
    ) -> None:
        check_crop_side(crop)
        self.paths, self.crop, self.seed, self.length = list(paths), crop, seed, length
        self.validation = validation

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        return {"sharp": picture_to_tensor(self.crop_picture(index))}

    def crop_picture(self, index: int) -> Picture:
        """The crop of this index, (crop, crop, 3)."""
        rng = np.random.default_rng((self.seed, index))
        count = len(self.paths)
        path = self.paths[index % count if self.validation else int(rng.integers(count))]
        levels = read_levels_cached(path)
        if self.validation:
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
        return pixels if self.validation else random_rotate_and_flip([pixels[None]], rng)[0][0]


def find_train_val_pictures(
    picture_folders: Sequence[PathLike], crop_side: int, say: Callable[[str], None] | None = None
) -> tuple[list[Path], list[Path]]:
    """Find pictures in folders, for training and for validation.

    Folders in them are searched, too; about a tenth of the pictures is for validation.

    Which ones are for validation depends on their names alone. Those smaller than a crop are left
    out.

    Args:
        picture_folders: of pictures.
        crop_side: side of the crops.
        say: takes a line about how many were left out.

    Raises:
        FileError: there are fewer than two, or one that cannot be read.
    """
    paths: set[Path] = set()
    for folder in map(Path, picture_folders):
        if not folder.is_dir():
            raise FileError(f"{folder} is no folder of pictures; name one")
        paths |= {path.resolve() for path in folder.rglob("[!.]*") if is_picture(path)}
    # By their names first, so that the same ones are taken wherever the folders lie.
    ordered = sorted(paths, key=lambda path: (sha256_of_text(path.name), str(path)))
    large = [path for path in ordered if min(picture_size(path)) >= crop_side]
    names = " and ".join(str(folder) for folder in picture_folders)
    if len(large) < 2:
        raise FileError(
            f"{names} holds {len(large)} pictures of {crop_side} pixels a side or more; training "
            "takes "
            "two, or a smaller --crop"
        )
    if say is not None and len(large) < len(paths):
        small = len(paths) - len(large)
        say(f"{small} of {len(paths)} pictures in {names} are smaller than a crop, and left out")
    count = max(1, round(_VALIDATION_SHARE * len(large)))
    return sorted(large[count:]), sorted(large[:count])


def describe_pictures(train: Sequence[Path], val: Sequence[Path]) -> dict[str, Any]:
    """Describe pictures by their numbers and digest, for the settings of a run."""
    return {"train": len(train), "val": len(val), "pictures": pictures_digest([*train, *val])}


def pictures_digest(paths: Sequence[Path]) -> str:
    """Digest of a list of pictures, by their names."""
    return sha256_of_text("\n".join(path.name for path in paths))[:16]


@cached(LRUCache(_CACHE_BYTES, getsizeof=lambda levels: levels.nbytes))
def read_levels_cached(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture as levels from 0 to 255, (h, w, 3), and keep it in memory."""
    levels: npt.NDArray[np.uint8] = quantize_to_levels(read_picture(path)).astype(
        np.uint8, copy=False
    )
    return as_colour(levels)


def picture_to_tensor(picture: Picture) -> torch.Tensor:
    """A picture (h, w, 3) as a tensor (3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
