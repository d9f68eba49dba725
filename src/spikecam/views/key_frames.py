"""Key frames of a flight: so close that nothing in the picture moves far from one to the next.

Between key frames light is interpolated, and that is right as long as motion is well below a pixel.
The motion between two frames is that of the points which the first one sees, by their depths; they
are looked for in a small picture that reaches a little beyond the camera's, so that what comes into
view is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.views.camera import Camera, CameraAt, Intrinsics, project_points

Floats = npt.NDArray[np.float64]
CameraPicture = Callable[[Camera], Picture]

# Motion between key frames, in pixels: linear interpolation of light is then exact enough.
MAX_KEY_MOTION = 0.5
# Longer side of the picture of depths, and by how much it reaches beyond that of the camera.
_DEPTH_SIDE, _DEPTH_MARGIN = 96, 8
# Frames between two key frames at which motion is looked at.
_CHECKED_FRAMES = 8


def iter_key_frames(
    camera_at: CameraAt,
    depth: CameraPicture,
    start: int,
    stop: int,
    *,
    max_motion: float = MAX_KEY_MOTION,
) -> Iterator[int]:
    """Yield key frames of a flight, from its first to its last frame.

    Nothing that a key frame sees moves further than ``max_motion`` up to the next one, which is the
    next frame where the camera is faster.

    Args:
        camera_at: camera at a time in frames.
        depth: depth picture (H, W) of a camera, infinite or 0 where there is nothing.
        start, stop: frames of the flight.
        max_motion: in pixels.

    Raises:
        OptionError: no frames, or no motion allowed.
    """
    if stop <= start:
        raise OptionError(f"a flight has at least one frame, not {start}:{stop}")
    if not max_motion > 0:
        raise OptionError(f"the motion between key frames is above 0 pixels, not {max_motion}")
    key, step = start, 1
    yield key
    while key < stop - 1:
        camera = camera_at(key)
        points = _points_in_view(camera, depth)

        def is_near(frame: int, key: int = key, points: Floats = points) -> bool:
            checked = np.unique(np.linspace(key + 1, frame, _CHECKED_FRAMES).round())
            first = camera_at(key)
            return all(
                greatest_motion(points, first, camera_at(float(t))) <= max_motion for t in checked
            )

        left = stop - 1 - key
        # The longest step that is short enough, in between `near` and `far`.
        near, far = 1, left + 1
        step = min(step, left)
        while near < step and not is_near(key + step):
            far, step = step, max(step // 2, 1)
        near = max(near, step)
        while near * 2 < far and is_near(key + near * 2):
            near *= 2
        far = min(far, near * 2)
        while far - near > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if is_near(key + middle) else (near, middle)
        key, step = key + near, near
        yield key


def greatest_motion(points: Floats, first: Camera, second: Camera) -> float:
    """Greatest motion in the picture, in pixels, from one camera to another.

    Args:
        points: in the world, (N, 3); those behind a camera do not count.
        first, second: the cameras.
    """
    if not len(points):
        return 0.0
    before, is_before = project_points(points, first)
    after, is_after = project_points(points, second)
    both = is_before & is_after
    if not both.any():
        return np.inf
    return float(np.hypot(*(after[both] - before[both]).T).max())


def points_of_depth(camera: Camera, depth: Picture) -> Floats:
    """Points in the world that a camera sees, (N, 3), where its depth is finite and above 0."""
    intrinsics = camera.intrinsics
    y, x = np.indices(depth.shape) + 0.5
    rays = np.stack(
        [(x - intrinsics.cx) / intrinsics.fx, (y - intrinsics.cy) / intrinsics.fy, np.ones_like(x)],
        axis=-1,
    )
    is_point = np.isfinite(depth) & (depth > 0)
    in_camera = rays[is_point] * depth[is_point][:, None]
    rotation = camera.world_to_camera[:3, :3]
    return np.asarray(in_camera @ rotation + camera.centre)


def depth_of_points(points: npt.NDArray[np.floating], camera: Camera) -> Picture:
    """Depth picture of points, such as the means of Gaussians: the nearest in each pixel.

    It is infinite where there is none.
    """
    intrinsics = camera.intrinsics
    depth = np.full((intrinsics.height, intrinsics.width), np.inf, np.float32)
    places, is_ahead = project_points(np.asarray(points, np.float64), camera)
    z = points @ camera.world_to_camera[2, :3] + camera.world_to_camera[2, 3]
    column, row = np.floor(places).astype(np.int64).T
    inside = (
        is_ahead
        & (column >= 0)
        & (column < intrinsics.width)
        & (row >= 0)
        & (row < intrinsics.height)
    )
    np.minimum.at(depth, (row[inside], column[inside]), z[inside].astype(np.float32))
    return depth


def _points_in_view(camera: Camera, depth: CameraPicture) -> Floats:
    intrinsics = camera.intrinsics
    scale = min(1.0, _DEPTH_SIDE / max(intrinsics.width, intrinsics.height))
    small = intrinsics.resized(
        max(1, round(intrinsics.width * scale)), max(1, round(intrinsics.height * scale))
    )
    wide = Intrinsics(
        small.width + 2 * _DEPTH_MARGIN,
        small.height + 2 * _DEPTH_MARGIN,
        small.fx,
        small.fy,
        small.cx + _DEPTH_MARGIN,
        small.cy + _DEPTH_MARGIN,
    )
    view = Camera(wide, camera.world_to_camera)
    return points_of_depth(view, depth(view))
