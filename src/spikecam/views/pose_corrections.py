"""Small corrections of a camera's path, fitted together with the scene.

Through knots in time the twist (v, w) of a correction follows a spline; a point p of the
camera becomes exp(w) (p - c) + c + v. The pivot c lies on the camera's axis, as far away as the
scene: a turn about the camera itself is nearly a translation to a picture, and both together would
be found slowly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import make_interp_spline
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Camera, Matrix
from spikecam.views.optimizer import Adam

# Knots of corrections for each interval of the poses that are corrected.
_KNOTS_PER_INTERVAL = 3

Twists = npt.NDArray[np.float64]


class PoseCorrections:
    """Corrections of poses at knots.

    Args:
        knots: times of the knots, rising, (J,).
        distance: typical distance of the scene, the unit of translations.
        degree: of the spline; lower where there are too few knots for it.
    """

    def __init__(self, knots: npt.ArrayLike, distance: float, *, degree: int = 3) -> None:
        self.knots = np.asarray(knots, np.float64)
        self.distance = distance
        # In units of the distance and in radians, so that one rate fits both.
        self.twists = np.zeros((len(self.knots), 6), np.float32)
        self._gradient = np.zeros_like(self.twists)
        self._adam = Adam(self.twists)
        self._pivot = np.array([0, 0, distance])
        degree = min(degree, len(self.knots) - 1)
        self._spline = make_interp_spline(self.knots, np.eye(len(self.knots)), degree)

    def correct(self, camera: Camera, time: float) -> Camera:
        """The camera at a time with its correction."""
        twist = self._shares(time) @ self.twists
        motion = np.eye(4)
        motion[:3, :3] = Rotation.from_rotvec(twist[3:]).as_matrix()
        motion[:3, 3] = self._pivot - motion[:3, :3] @ self._pivot + self.distance * twist[:3]
        return Camera(camera.intrinsics, motion @ camera.world_to_camera)

    def add_gradient(self, time: float, gradient: Twists) -> None:
        """Add the gradient by the twist of the camera at a time about its own centre, (6,)."""
        force, torque = gradient[:3], gradient[3:] - np.cross(self._pivot, gradient[:3])
        scaled = np.concatenate([self.distance * force, torque])
        self._gradient += np.outer(self._shares(time), scaled)

    def step(self, rate: float) -> None:
        """Change the corrections by the gradients that were added.

        All cameras may move together with the scene; nothing in the recording says where they are.
        """
        self._adam.step(self.twists, self._gradient, rate)
        self._gradient[:] = 0

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that changes from step to step, as arrays by name."""
        adam = self._adam
        return {
            "twists": self.twists,
            "twists_first": adam.first,
            "twists_second": adam.second,
            "twists_step": np.array(adam.step_number),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go back to a state."""
        self.twists = arrays["twists"]
        step = int(arrays["twists_step"])
        self._adam.restore(arrays["twists_first"], arrays["twists_second"], step)

    def _shares(self, time: float) -> Matrix:
        """Share of each knot in the twist at a time, (J,); beyond the knots that of the nearest."""
        return np.asarray(self._spline(np.clip(time, self.knots[0], self.knots[-1])))


def correction_knots(times: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Knots by which errors of poses can be corrected.

    Between two poses the camera follows another curve than a correction does, so that there are
    some knots for each interval.

    Args:
        times: of the poses, rising, (K,).

    Returns:
        The times, and others evenly between them, (J,).
    """
    points = np.asarray(times, np.float64)
    places = np.linspace(0, len(points) - 1, _KNOTS_PER_INTERVAL * (len(points) - 1) + 1)
    return np.interp(places, np.arange(len(points)), points)
