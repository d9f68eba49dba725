"""The light that the spike camera of a simulated data set saw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import Pair
from spikecam.errors import FileError


def load_light(pair: Pair) -> npt.NDArray[np.uint16]:
    """Open the light of a pair, (T, H, W); only what is used of it is read.

    Raises:
        FileError: it is damaged, or was made by an older version.
    """
    assert pair.light is not None
    assert pair.exposure is not None
    try:
        light: npt.NDArray[np.uint16] = np.load(pair.light, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise FileError(f"{pair.light} is damaged ({error}); make the data set again") from error
    if light.dtype == np.uint8:
        raise FileError(
            f"{pair.light} holds light in 8 bits, as an older version wrote it, which is too "
            "coarse in the dark; make the data set again with spikecam synth --light"
        )
    last = max([*pair.sharp, pair.exposure[1] - 1])
    if light.shape[1:] != pair.shape or light.dtype != np.uint16 or len(light) <= last:
        raise FileError(
            f"{pair.light} does not hold the light of {pair.spikes}; make the data set again"
        )
    return light
