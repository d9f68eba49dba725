"""Spikes of REDS: recordings with one sharp gray picture each, of frame 150 and the same size.

``NAME.dat`` lies beside ``NAME.png``, or, as in REDS-BASE, recordings are in the folder ``input``
or ``spike`` and pictures of the same names in the folder ``gt`` beside it.
"""

from __future__ import annotations

from pathlib import Path

from spikecam.data.pairs import Pair, require_any_pairs, sort_visible_files
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size

TRUTH_FRAME = 150
# Folders of REDS-BASE.
_RECORDING_FOLDERS, _PICTURE_FOLDER = ("input", "spike"), "gt"


def read_reds(folder: PathLike) -> list[Pair]:
    """List the recordings of the REDS data set, each with one sharp gray picture.

    Raises:
        FileError: there are none, or one has no picture.
    """
    pairs = []
    recordings, pictures = reds_folders(Path(folder))
    for spikes in sort_visible_files(recordings.glob("*.dat")):
        sharp = pictures / f"{spikes.stem}.png"
        shape = picture_size(sharp)
        pairs.append(Pair(spikes.stem, spikes.stem, spikes, shape, sharp={TRUTH_FRAME: sharp}))
    return require_any_pairs(pairs, Path(folder), "NAME.dat with NAME.png")


def reds_folders(folder: Path) -> tuple[Path, Path]:
    """Folders of the recordings and of their sharp pictures: two beside each other, or one."""
    for name in _RECORDING_FOLDERS:
        if (folder / name).is_dir() and (folder / _PICTURE_FOLDER).is_dir():
            return folder / name, folder / _PICTURE_FOLDER
    return folder, folder
