"""Cameras beside a path: near it, looking where it looks, and always the same."""

import numpy as np

from spikecam.views.camera import Intrinsics
from spikecam.views.cameras_beside_path import cameras_beside_path
from spikecam.views.orbit import orbit_path

INTRINSICS = Intrinsics.from_field_of_view(40, 30, 0.6)
TARGET = np.array([2.0, 0, -1])


def test_they_are_2_to_8_percent_of_the_distance_beside_the_path():
    path = orbit_path(TARGET, 5, 99, turns=0.5)

    def camera_at(time):
        return path.camera_at(time, INTRINSICS)

    cameras = cameras_beside_path(camera_at, 100, TARGET, 10)
    shifts = []
    for i, camera in enumerate(cameras):
        near = camera_at(99 * (i + 0.5) / 10)
        assert camera.intrinsics == INTRINSICS
        np.testing.assert_allclose(
            camera.world_to_camera[:3, :3], near.world_to_camera[:3, :3], atol=1e-12
        )
        shifts.append(camera.centre - near.centre)
    lengths = np.linalg.norm(shifts, axis=1)
    assert 0.1 <= lengths.min() < lengths.max() <= 0.4
    # To all sides.
    assert (np.abs(np.mean(shifts, axis=0)) < 0.15).all()
    again = cameras_beside_path(camera_at, 100, TARGET, 10)
    for one, other in zip(cameras, again, strict=True):
        np.testing.assert_array_equal(one.world_to_camera, other.world_to_camera)
