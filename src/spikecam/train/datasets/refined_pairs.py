"""Pictures that a refiner makes of pairs, which a smaller network then learns to make."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import Pair
from spikecam.io.paths import PathLike
from spikecam.train.datasets.stored_arrays import load_or_make_array

_WHITE = np.iinfo(np.uint16).max


class RefinedPairs:
    """Pictures by `refined` of the pairs of a data set.

    Making them takes seconds: they are kept in a folder, where whoever needs them first writes
    them. A pair is known by the path of its recording, as data sets may share names of scenes.

    Args:
        weights: of the refiner, a name or file.
        folder: where pictures are kept.
    """

    def __init__(self, weights: PathLike, folder: Path) -> None:
        self.weights, self.folder = weights, folder

    def light(self, pair: Pair, frames: Sequence[int]) -> npt.NDArray[np.uint16]:
        """Light of a pair at its frames, (F, h, w, 3), 65535 for white; what is used is read.

        Args:
            pair: a blurry picture with its spikes.
            frames: always the same ones for a pair.
        """
        digest = hashlib.sha256(str(pair.spikes.resolve()).encode()).hexdigest()[:12]
        path = self.folder / f"{pair.scene}-{pair.name}-{digest}.npy"
        return load_or_make_array(path, partial(self._deblur, pair, frames))

    def _deblur(self, pair: Pair, frames: Sequence[int]) -> npt.NDArray[np.uint16]:
        from spikecam.deblurring.deblur import deblur
        from spikecam.picture import as_colour

        pictures = deblur(
            pair.blurry_picture(),
            pair.stream(),
            frames=list(frames),
            method="refined",
            weights=self.weights,
            encoding=pair.encoding,
            check_match=False,
            hdr=True,
        )
        levels = [np.rint(np.clip(as_colour(picture), 0, 1) * _WHITE) for picture in pictures]
        return np.stack(levels).astype(np.uint16)
