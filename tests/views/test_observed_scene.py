"""Observations with their cameras: numbered cameras, colours, and digests."""

from dataclasses import replace

import numpy as np

from spikecam.views.camera import Intrinsics
from spikecam.views.observations import observe_pictures
from spikecam.views.observed_scene import numbered_scene
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_files.pose_file import PoseFile

LENS = Intrinsics.from_field_of_view(6, 4, 0.8)
POSES = PoseFile("poses.json", orbit_path((0, 0, 0), 3, 5).world_to_camera[:3])


def test_cameras_have_numbers_for_times():
    scene = numbered_scene(POSES, LENS)
    assert scene.pose_times.tolist() == [0, 1, 2]
    camera = scene.camera_at(2.0)
    np.testing.assert_array_equal(camera.world_to_camera, POSES.world_to_camera[2])
    assert camera.intrinsics == LENS


def observed(picture, poses=POSES, lens=LENS):
    scene = numbered_scene(poses, lens)
    scene.observations += observe_pictures([picture], [(0.0,)])
    return scene


def test_colours_are_those_of_any_observation():
    scene = observed(np.zeros((4, 6)))
    assert not scene.has_colours
    scene.observations += observe_pictures([np.zeros((4, 6, 3))], [(1.0,)])
    assert scene.has_colours


def test_digests_change_with_what_they_are_of():
    picture = np.zeros((4, 6))
    first = observed(picture).digests()
    assert first == observed(picture.copy()).digests()
    picture[2, 3] = 1e-3
    other = observed(picture).digests()
    assert (other["poses"], other["observations"] != first["observations"]) == (
        first["poses"],
        True,
    )
    moved = POSES.world_to_camera.copy()
    moved[1, 0, 3] += 1e-9
    for changed in (
        observed(np.zeros((4, 6)), replace(POSES, world_to_camera=moved)),
        observed(np.zeros((4, 6)), lens=replace(LENS, fx=9.0)),
    ):
        assert changed.digests()["observations"] == first["observations"]
        assert changed.digests()["poses"] != first["poses"]
