"""Header of NumPy's files of one array."""

from __future__ import annotations

from typing import IO, Any

import numpy as np


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read shape, order and type of an array from its .npy header, of any version.

    Returns:
        The shape, whether the first axis is the fastest (Fortran's order), and the type.

    Raises:
        ValueError: it is no such header.
    """
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)
