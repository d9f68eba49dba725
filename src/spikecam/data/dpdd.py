"""DPDD: photographs of scenes out of focus and in focus, without spikes.

It has (Abuolaim and Brown, "Defocus deblurring using dual-pixel data", ECCV 2020)::

    train_c/source/*.png     out of focus, taken with a wide aperture
    train_c/target/*.png     in focus, taken with a narrow one

and likewise ``val_c`` and ``test_c``. The two pictures of a scene have different names: the
alphabet's order pairs them. Copies of its test part go about as ``inputC`` and ``target``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike
from spikecam.io.pictures import is_picture

PARTS = ("train", "val", "test")


def read_dpdd(folder: PathLike, part: str = "train") -> list[tuple[Path, Path]]:
    """List the pairs of paths (out of focus, in focus) of a part of the DPDD data set.

    Args:
        folder: the one that holds ``train_c``, ``val_c`` and ``test_c``; or, of the test part
            alone, ``inputC`` and ``target``.
        part: "train", "val" or "test".

    Returns:
        Paths, in the order of their names.

    Raises:
        FileError: it is not DPDD, or a picture has no partner.
        OptionError: no such part.
    """
    if part not in PARTS:
        raise OptionError(f"a part of DPDD is {', '.join(PARTS)}, not {part!r}")
    root = Path(folder)
    sides = root / f"{part}_c" / "source", root / f"{part}_c" / "target"
    if part == "test" and not sides[0].is_dir():
        sides = root / "inputC", root / "target"
    if not all(side.is_dir() for side in sides):
        raise FileError(
            f"{root} holds no part {part!r} of DPDD; expected {sides[0]} and {sides[1]}"
        )
    blurry, sharp = (sorted(path for path in side.iterdir() if is_picture(path)) for side in sides)
    if not blurry and not sharp:
        raise FileError(f"{sides[0]} holds no pictures; expected those of DPDD")
    if len(blurry) != len(sharp):
        raise FileError(
            f"{sides[0]} holds {len(blurry)} pictures and {sides[1]} {len(sharp)}, but every one "
            "needs its partner; get the data set again"
        )
    return list(zip(blurry, sharp, strict=True))


def is_dpdd(dataset_folder: PathLike) -> bool:
    """Whether a folder is the DPDD data set, by its training part."""
    return (Path(dataset_folder) / "train_c").is_dir()


def check_outside_dpdd(folders: Sequence[PathLike]) -> None:
    """Refuse folders that are, or contain, parts of DPDD. Its pictures are not sharp.

    Raises:
        FileError: there are.
    """
    parts = [f"{part}_c" for part in PARTS]
    for folder in (Path(subfolder).resolve() for subfolder in folders):
        subfolders = [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]
        for subfolder in subfolders:
            blurry = subfolder.name == "source" and subfolder.parent.name in parts
            if blurry or subfolder.name in (*parts, "inputC"):
                raise FileError(
                    f"{subfolder} looks like a part of DPDD, whose pictures are out of focus; name "
                    "the folder that holds train_c, or one of sharp pictures alone"
                )
