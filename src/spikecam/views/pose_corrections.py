"""Small corrections of a camera's path, fitted together with the scene.

Between knots in time the twist (v, w) of a correction is interpolated linearly; a point p of the
camera becomes exp(w) p + v.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Camera
from spikecam.views.optimizer import Adam

Twists = npt.NDArray[np.float64]


class PoseCorrections:
    """Corrections of poses at knots.

    Args:
        knots: times of the knots, rising, (J,).
        distance: typical distance of the scene, the unit of translations.
    """

    def __init__(self, knots: npt.ArrayLike, distance: float) -> None:
        self.knots = np.asarray(knots, np.float64)
        self.distance = distance
        # In units of the distance and in radians, so that one rate fits both.
        self.twists = np.zeros((len(self.knots), 6), np.float32)
        self._gradient = np.zeros_like(self.twists)
        self._adam = Adam(self.twists)

    def correct(self, camera: Camera, time: float) -> Camera:
        """The camera at a time with its correction."""
        first, second, share = self._neighbours(time)
        twist = (1 - share) * self.twists[first] + share * self.twists[second]
        motion = np.eye(4)
        motion[:3, :3] = Rotation.from_rotvec(twist[3:]).as_matrix()
        motion[:3, 3] = self.distance * twist[:3]
        return Camera(camera.intrinsics, motion @ camera.world_to_camera)

    def add_gradient(self, time: float, gradient: Twists) -> None:
        """Add the gradient by the twist of the camera at a time."""
        first, second, share = self._neighbours(time)
        scaled = gradient * np.array([self.distance] * 3 + [1.0] * 3)
        self._gradient[first] += (1 - share) * scaled
        self._gradient[second] += share * scaled

    def step(self, rate: float) -> None:
        """Change the corrections by the gradients that were added; their mean stays zero.

        A motion of all cameras together would only move the scene.
        """
        self._adam.step(self.twists, self._gradient, rate)
        self.twists -= self.twists.mean(axis=0)
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

    def _neighbours(self, time: float) -> tuple[int, int, float]:
        place = float(np.interp(time, self.knots, np.arange(len(self.knots))))
        first = min(int(place), len(self.knots) - 1)
        return first, min(first + 1, len(self.knots) - 1), place - first
