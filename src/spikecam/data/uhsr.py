"""UHSR: one recording of a thing on a screen in each ``.npz``, with its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spikecam.data.pairs import Pair, require_any_pairs, sort_visible_files
from spikecam.errors import FileError
from spikecam.io.paths import PathLike


def read_uhsr(folder: PathLike) -> list[Pair]:
    """List the recordings of the UHSR data set, each with a label where its file has one.

    Raises:
        FileError: there are none, or one is damaged.
    """
    pairs = []
    for spikes in sort_visible_files(Path(folder).rglob("*.npz")):
        try:
            with np.load(spikes, allow_pickle=False) as archive:
                if "spk" not in archive.files:
                    continue
                label = str(archive["label_name"]) if "label_name" in archive.files else None
        except (OSError, ValueError) as error:
            raise FileError(f"{spikes} is damaged ({error}); get it again") from error
        pairs.append(Pair(spikes.parent.name, spikes.stem, spikes, label=label))
    return require_any_pairs(pairs, Path(folder), "NAME.npz that hold spk")
