"""Cameras near a path and not on it, for clear views by which new views are judged."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.views.camera import Camera, CameraAt

# Shortest and longest way from the path, as shares of the distance to the scene.
_NEAREST, _FARTHEST = 0.02, 0.08


def cameras_beside_path(
    camera_at: CameraAt, frame_count: int, target: npt.ArrayLike, count: int
) -> list[Camera]:
    """Cameras beside a path, above or below it, nearer or farther, that look as those on it.

    They are 2 to 8 % of the distance to the scene away from the path; random, and always the same.

    Args:
        camera_at: the camera at a time in frames, from 0 to ``frame_count - 1``.
        frame_count: frames of the path.
        target: middle of the scene, (3,).
        count: number of cameras, evenly along the path.
    """
    rng = np.random.default_rng(0)
    cameras = []
    for time in (np.arange(count) + 0.5) * ((frame_count - 1) / count):
        camera = camera_at(float(time))
        direction = rng.standard_normal(3)
        distance = np.linalg.norm(camera.centre - np.asarray(target, np.float64))
        shift = rng.uniform(_NEAREST, _FARTHEST) * distance * direction / np.linalg.norm(direction)
        pose = camera.world_to_camera.copy()
        pose[:3, 3] -= pose[:3, :3] @ shift
        cameras.append(Camera(camera.intrinsics, pose))
    return cameras
