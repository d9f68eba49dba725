"""Files of optical flow, in Middlebury's format .flo, by OpenCV."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError, OutputError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import check_existing_file

FLOW_SUFFIX = ".flo"
# A tag, the width and the height, of four bytes each.
_HEADER_BYTES = 12


def write_flow(path: str | os.PathLike[str], flow: npt.ArrayLike) -> None:
    """Write optical flow as a .flo file; an older one there is replaced.

    Args:
        path: the file.
        flow: (H, W, 2) in pixels, x before y.

    Raises:
        OptionError: an array of another shape, or values that are not finite.
        OutputError: another ending, or a file that cannot be written.
    """
    import cv2

    path = Path(path)
    if path.suffix.lower() != FLOW_SUFFIX:
        raise OutputError(f"{path}: flow fields are written as {FLOW_SUFFIX}")
    field = np.ascontiguousarray(flow, np.float32)
    if field.ndim != 3 or field.shape[2] != 2 or not field.size:
        raise OptionError(f"flow is an array (height, width, 2), not {field.shape}")
    if not np.isfinite(field).all():
        raise OptionError("flow holds finite numbers, and some of these are not")
    with atomic_path(path) as temporary:
        if not cv2.writeOpticalFlow(os.fspath(temporary), field):
            raise OutputError(f"cannot write {path}")


def read_flow(path: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
    """Read optical flow from a .flo file, float32 (H, W, 2) in pixels, x before y.

    Raises:
        FileError: missing, damaged, or no such file.
    """
    import cv2

    existing = check_existing_file(path)
    with existing.open("rb") as file:
        header = np.frombuffer(file.read(_HEADER_BYTES).ljust(_HEADER_BYTES), np.int32)
    # OpenCV allocates what the header says before it looks at what there is.
    width, height = int(header[1]), int(header[2])
    is_whole = existing.stat().st_size == _HEADER_BYTES + 8 * width * height
    field = cv2.readOpticalFlow(os.fspath(existing)) if is_whole and width > 0 else None
    if field is None or not field.size:
        raise FileError(f"{path} is damaged, or no {FLOW_SUFFIX} file; get it again")
    return np.asarray(field, np.float32)
