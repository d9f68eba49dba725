"""Spikes of REDS: recordings with one sharp gray picture each.

It has ``NAME.dat`` with ``NAME.png`` of the same size, the sharp picture of frame 150.
"""

from __future__ import annotations

from pathlib import Path

from spikecam.data.pairs import Pair, require_any_pairs, sort_visible_files
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size

TRUTH_FRAME = 150


def read_reds(folder: PathLike) -> list[Pair]:
    """List the recordings of the REDS data set, each with one sharp gray picture.

    Raises:
        FileError: there are none, or one has no picture.
    """
    pairs = []
    for spikes in sort_visible_files(Path(folder).glob("*.dat")):
        sharp = spikes.with_suffix(".png")
        shape = picture_size(sharp)
        pairs.append(Pair(spikes.stem, spikes.stem, spikes, shape, sharp={TRUTH_FRAME: sharp}))
    return require_any_pairs(pairs, Path(folder), "NAME.dat with NAME.png")
