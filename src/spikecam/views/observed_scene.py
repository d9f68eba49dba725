"""A scene as cameras recorded it: observations, and the cameras of their times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.observations import Observation
from spikecam.views.pose_files.pose_file import PoseFile


@dataclass(eq=False)
class ObservedScene:
    """What cameras recorded of a scene.

    Attributes:
        poses: of the cameras.
        intrinsics: of the spike camera, or of plain pictures.
        camera_at: the camera at each time of the observations.
        pose_times: of the poses, in the unit of ``camera_at``: frames of a flight, or numbers of
            still cameras and pictures, (K,).
        observations: of the scene.
        facts: sentences on what was decided.
    """

    poses: PoseFile
    intrinsics: Intrinsics
    camera_at: Callable[[float], Camera]
    pose_times: npt.NDArray[np.float64]
    observations: list[Observation] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    @property
    def has_colours(self) -> bool:
        """Whether anything was observed in colours."""
        return any(len(one.target) > 1 for one in self.observations)

    def digests(self) -> dict[str, str]:
        """Digests of the poses with their intrinsics, and of the observations."""
        poses, observations = hashlib.sha256(), hashlib.sha256()
        poses.update(self.poses.world_to_camera.tobytes() + self.pose_times.tobytes())
        poses.update(repr(self.intrinsics).encode())
        for one in self.observations:
            observations.update(repr((one.times, one.target.shape, one.intrinsics)).encode())
            observations.update(one.target.tobytes())
            observations.update(one.weight.tobytes())
        return {"poses": poses.hexdigest(), "observations": observations.hexdigest()}


def numbered_scene(poses: PoseFile, intrinsics: Intrinsics) -> ObservedScene:
    """A scene of still cameras, with their numbers in the place of times; nothing is observed yet.

    Args:
        poses: of the cameras.
        intrinsics: of all.
    """
    numbers = np.arange(len(poses.world_to_camera), dtype=np.float64)
    return ObservedScene(poses, intrinsics, partial(_camera_of_number, poses, intrinsics), numbers)


def _camera_of_number(poses: PoseFile, intrinsics: Intrinsics, number: float) -> Camera:
    # Times within an exposure lie around the number of its picture.
    return Camera(intrinsics, poses.world_to_camera[round(number)])
