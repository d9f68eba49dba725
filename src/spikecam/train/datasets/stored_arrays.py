"""Arrays that take seconds to make, in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.io.atomic import atomic_path


def load_or_make_array(path: Path, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Load an array from a .npy file, of which only what is used is read.

    Whoever needs a file first makes its array and writes it.
    """
    if not path.exists():
        array = make()
        with atomic_path(path) as temporary:
            np.save(temporary, array)
    loaded: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return loaded
