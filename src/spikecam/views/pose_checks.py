"""Checks of poses before a scene is fitted to what their cameras recorded."""

from __future__ import annotations

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.views.camera import Matrix
from spikecam.views.camera_path import CameraPath
from spikecam.views.pose_convention import check_convention
from spikecam.views.poses import camera_centres

# Two views leave the depth of most of a scene open.
MIN_VIEWS = 3
# Extent of the centres as a share of their coordinates, below which it is rounding.
_ROUNDING = 1e-6


def check_views(world_to_camera: Matrix, name: str = "the poses") -> None:
    """Refuse poses from which no scene can be fitted.

    Args:
        world_to_camera: of the views or control points, (K, 4, 4).
        name: of the poses, for the message.

    Raises:
        OptionError: fewer than `MIN_VIEWS`, no parallax, or another convention.
    """
    if len(world_to_camera) < MIN_VIEWS:
        raise OptionError(
            f"{name}: a scene is fitted to {MIN_VIEWS} views or more, not {len(world_to_camera)}; "
            "give more poses"
        )
    check_parallax(world_to_camera, name)
    check_convention(world_to_camera, name)


def check_parallax(world_to_camera: Matrix, name: str = "the poses") -> None:
    """Refuse cameras that are all in one place, turned or not.

    From one place near and far look the same, so that no depth can be fitted.

    Raises:
        OptionError: they are.
    """
    centres = camera_centres(world_to_camera)
    extent = float(np.ptp(centres, axis=0).max())
    if extent <= _ROUNDING * max(1.0, float(np.abs(centres).max())):
        rotations = world_to_camera[:, :3, :3]
        turns = float(np.abs(rotations - rotations[0]).max()) > _ROUNDING
        # Inverted poses of an orbit around the origin are in one place too.
        motion, advice = (
            ("only turns", "; if it did move, the poses are inverted")
            if turns
            else ("stands still", "")
        )
        raise OptionError(
            f"{name}: the camera {motion}, and without parallax depth is unknown: record with a "
            f"camera that moves sideways{advice}"
        )


def check_coverage(path: CameraPath, start: int, stop: int, name: str = "the poses") -> None:
    """Refuse a path, its times in frames, that does not cover the frames that are used.

    Args:
        path: of the camera.
        start, stop: the frames, ``start`` to ``stop`` - 1.
        name: of the poses, for the message.

    Raises:
        RangeError: it begins later or ends earlier.
    """
    first, last = path.times[[0, -1]]
    if first <= start and stop - 1 <= last:
        return
    low, high = max(start, int(np.ceil(first))), min(stop - 1, int(np.floor(last)))
    if low > high:
        raise RangeError(
            f"{name} cover {first:g} to {last:g}, and none of frames {start} to {stop - 1}; give "
            "the times in frames of the recording"
        )
    raise RangeError(
        f"{name} cover frames {low} to {high} of {start} to {stop - 1}; choose these by --frames "
        f"{low}:{high + 1} (in Python frames=), or give poses for all"
    )
