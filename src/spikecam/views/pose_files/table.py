"""Tables of time and pose.

A line a pose, values divided by commas or white space: ::

    time, x, y, z, qw, qx, qy, qz

The time is in frames or seconds, and rises. The pose is camera-to-world: place of the camera and
unit quaternion of its orientation, axes of OpenCV (x right, y down, z forward). Without a header
the columns are in this order. A header, a first line of names which may begin with #, gives
another: time (or timestamp, frame), x y z (or tx ty tz), qw qx qy qz. So the header
"# timestamp tx ty tz qx qy qz qw" reads a file of the TUM data sets. Other lines that begin with #
are comments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.views.pose_files.pose_file import (
    PoseFile,
    check_pose_file,
    check_times_of_file,
    poses_from_quaternions,
)
from spikecam.views.poses import invert_poses

_COLUMNS = ("time", "x", "y", "z", "qw", "qx", "qy", "qz")
_SYNONYMS = {"timestamp": "time", "frame": "time", "tx": "x", "ty": "y", "tz": "z"}


def read_pose_table(path: PathLike) -> PoseFile:
    """Read a table of time and pose; its columns are those of this module's docstring.

    Raises:
        FileError: not such a table, times that do not rise, or quaternions that have no length 1.
    """
    path = check_pose_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise FileError(f"{path} is not a text; expected a table of {' '.join(_COLUMNS)}") from None
    order = list(_COLUMNS)
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        words = line.replace(",", " ").split()
        names = _column_names(words)
        if not rows and names is not None:
            order = names
        elif words and not words[0].startswith("#"):
            rows.append(_numbers(path, number, words))
    if not rows:
        raise FileError(f"{path} has no poses; expected lines of {' '.join(_COLUMNS)}")
    table = np.array(rows)[:, [order.index(name) for name in _COLUMNS]]
    camera_to_world = poses_from_quaternions(path, table[:, 4:], table[:, 1:4])
    return PoseFile(
        path,
        invert_poses(camera_to_world),
        check_times_of_file(path, table[:, 0], len(table)),
    )


def _column_names(words: list[str]) -> list[str] | None:
    """Names of the columns in a header; None of another line."""
    names = [word.strip("#[]").lower() for word in words]
    names = [_SYNONYMS.get(name, name) for name in names if name]
    return names if sorted(names) == sorted(_COLUMNS) else None


def _numbers(path: Path, line: int, words: list[str]) -> list[float]:
    try:
        if len(words) != len(_COLUMNS):
            raise ValueError
        return [float(word) for word in words]
    except ValueError:
        raise FileError(
            f"{path}, line {line}: expected {len(_COLUMNS)} numbers, {' '.join(_COLUMNS)}"
        ) from None
