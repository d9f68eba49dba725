"""Spikes of REDS: recordings with one sharp gray picture each.

It has ``NAME.dat`` with ``NAME.png`` of the same size, the sharp picture of frame 150.
"""

from __future__ import annotations

from pathlib import Path

from spikecam.data.pairs import Pair, require_pairs, visible_files
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size

TRUTH_FRAME = 150


def read_reds(folder: PathLike) -> list[Pair]:
    """Recordings of REDS, each with the sharp gray picture of its frame 150.

    Raises:
        FileError: there are none, or one has no picture.
    """
    pairs = []
    for spikes in visible_files(Path(folder).glob("*.dat")):
        sharp = spikes.with_suffix(".png")
        shape = picture_size(sharp)
        pairs.append(Pair(spikes.stem, spikes.stem, spikes, shape, sharp={TRUTH_FRAME: sharp}))
    return require_pairs(pairs, Path(folder), "NAME.dat with NAME.png")
