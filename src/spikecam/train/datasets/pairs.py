"""Pairs of spikes and blurry pictures: which are for training, and which for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spikecam.data.pairs import Pair
from spikecam.data.rsb import read_rsb
from spikecam.data.spike_gopro import read_spike_gopro
from spikecam.errors import FileError
from spikecam.io.paths import PathLike

# Share of the pairs for validation where a data set does not say which.
_VALIDATION_SHARE = 0.1

Split = tuple[list[Pair], list[Pair]]


def find_train_val_pairs_of_all(
    data_set_folders: Sequence[PathLike],
    *,
    skip_incomplete: bool = False,
    with_light: bool = False,
    say: Callable[[str], None] | None = None,
) -> Split:
    """Find the pairs of several data sets, for training and for validation."""
    splits = [
        find_train_val_pairs(
            folder, skip_incomplete=skip_incomplete, with_light=with_light, say=say
        )
        for folder in data_set_folders
    ]
    return [p for train, _ in splits for p in train], [p for _, val in splits for p in val]


def find_train_val_pairs(
    data_set_folder: PathLike,
    *,
    skip_incomplete: bool = False,
    with_light: bool = False,
    say: Callable[[str], None] | None = None,
) -> Split:
    """Find the pairs of a data set, for training and for validation.

    The second are those of ``val`` where there is such a folder; else about a tenth: whole scenes
    where there are several.

    Args:
        data_set_folder: the data set.
        skip_incomplete: skip recordings whose pictures are missing, rather than refuse them.
        with_light: whether it must hold the light that the spike camera saw.
        say: takes a line about recordings that were skipped.

    Raises:
        FileError: no such data set, halves of pairs that are missing, or a single pair.
    """
    root = Path(data_set_folder)
    incomplete = "skip" if skip_incomplete else "refuse"
    options: dict[str, Any] = {"incomplete": incomplete, "say": say}
    if (root / "train").is_dir():
        pairs = read_spike_gopro(root, "train", **options)
        if (root / "val" / "spike_data").is_dir():
            return pairs, read_spike_gopro(root, "val", **options)
        return split_train_val(pairs, root)
    if root.name in ("train", "val", "test") and (root / "spike_data").is_dir():
        raise FileError(f"{root} is a part of a data set; name the folder that holds it")
    if with_light or not (root / "spike_data").is_dir():
        raise FileError(
            f"{root} holds no data set; expected train/spike_data, as in Spike-GOPRO"
            + ("" if with_light else ", or spike_data, as in RSB")
        )
    return split_train_val(read_rsb(root, **options), root)


def split_train_val(pairs: Sequence[Pair], folder: Path) -> Split:
    """Split pairs for training and validation, always in the same way.

    About a tenth is for validation.

    Raises:
        FileError: there is but one pair; the message names the folder ``folder``.
    """
    if len(pairs) < 2:
        raise FileError(f"{folder} holds one pair; training takes two, one of them for validation")
    count = max(1, round(_VALIDATION_SHARE * len(pairs)))
    scenes = sorted({pair.scene for pair in pairs}, key=sha256_of_text)
    if len(scenes) == 1:
        # Neighbours look alike: the last ones are for validation.
        return list(pairs[:-count]), list(pairs[-count:])
    val_scenes: set[str] = set()
    for scene in scenes[:-1]:
        if sum(pair.scene in val_scenes for pair in pairs) >= count:
            break
        val_scenes.add(scene)
    train, val = ([p for p in pairs if (p.scene in val_scenes) is one] for one in (False, True))
    return train, val


def describe_pairs(train: Sequence[Pair], val: Sequence[Pair]) -> dict[str, Any]:
    """Describe pairs by their numbers and digest, for the settings of a run."""
    return {"train": len(train), "val": len(val), "pairs": pairs_digest([*train, *val])}


def pairs_digest(pairs: Sequence[Pair]) -> str:
    """Digest of a list of pairs, by their scenes and names."""
    return sha256_of_text("\n".join(f"{pair.scene}/{pair.name}" for pair in pairs))[:16]


def sha256_of_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
