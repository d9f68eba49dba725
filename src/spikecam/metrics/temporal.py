"""Temporal error of a film: what changes from picture to picture and should not, or too little."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.metrics.full_reference import check_and_convert_pair_to_floats


def temporal_error(
    pictures: Sequence[npt.ArrayLike], truth: Sequence[npt.ArrayLike], *, data_range: float
) -> float:
    """Mean over pixels and pairs of neighbours of |(p' - p) - (q' - q)|, over the data range.

    p and p' are neighbouring pictures, q and q' their truth. An error that stays the same from
    picture to picture, such as blur of a still scene, counts as nothing; grain that comes anew with
    each picture, which is seen as flicker, counts in full. Of a still scene it is the mean change.

    Args:
        pictures, truth: at least two of each, (H, W) or (H, W, 3), in [0, data_range].
        data_range: from the smallest to the largest value that there can be.

    Raises:
        OptionError: fewer than two pictures, other numbers of them, or as `spikecam.psnr`.

    >>> temporal_error([np.zeros((2, 2)), np.full((2, 2), 0.5)], np.zeros((2, 2, 2)), data_range=1)
    0.5
    """
    if len(pictures) != len(truth) or len(pictures) < 2:
        raise OptionError(
            "temporal errors are of two pictures or more and as many of the truth, not of "
            f"{len(pictures)} and {len(truth)}"
        )
    errors = [
        np.subtract(*check_and_convert_pair_to_floats(picture, sharp, data_range))
        for picture, sharp in zip(pictures, truth, strict=True)
    ]
    changes = [np.abs(after - before).mean() for before, after in pairwise(errors)]
    return float(np.mean(changes)) / data_range
