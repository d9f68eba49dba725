"""Requests for pictures of scenes: which cameras they have, and what is refused."""

import numpy as np
import pytest

from spikecam.errors import FileError, GeometryError, OptionError, RangeError, ResourceError
from spikecam.requests.render import RenderRequest
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.display_pictures import display_picture
from spikecam.views.orbit import orbit_around_gaussians, orbit_path
from spikecam.views.pose_files.nerf import write_transforms
from spikecam.views.rendering import render

SMALL = (24, 32)
INTRINSICS = Intrinsics.from_field_of_view(40, 30, 0.6)
PATH = orbit_path((2, 0, -1), 5, 10, turns=0.5)


def pictures(request, output="folder"):
    return dict(request.check(output).run())


def picture_from(scene, pose, intrinsics=INTRINSICS, background=0.0):
    return display_picture(render(scene, Camera(intrinsics, pose), background=background))


@pytest.fixture
def poses(tmp_path):
    """Writes a transforms.json of the orbit, with times or without."""

    def write(times=PATH.times, matrices=PATH.world_to_camera):
        write_transforms(tmp_path / "poses.json", matrices, INTRINSICS, times=times)
        return tmp_path / "poses.json"

    return write


def test_an_orbit_is_one_turn_that_ends_before_its_start(ball, ball_file):
    request = RenderRequest(ball_file, frames=4, size=SMALL, fov=50, background=0.25)
    made = pictures(request, "video")
    assert list(made) == [0, 1, 2, 3]
    intrinsics = Intrinsics.from_field_of_view(32, 24, np.radians(50))
    path = orbit_around_gaussians(ball, intrinsics, 4)
    for frame, picture in made.items():
        expected = picture_from(ball, path.pose_at(frame), intrinsics, 0.25)
        np.testing.assert_allclose(picture, expected, atol=1e-4)


def test_elevation_and_up_are_of_the_orbit(ball, ball_file):
    request = RenderRequest(ball_file, at=0.25, size=SMALL, elevation=-10, up="-y")
    intrinsics = Intrinsics.from_field_of_view(32, 24, np.radians(40))
    path = orbit_around_gaussians(ball, intrinsics, 4, elevation=-10, up=(0, -1, 0))
    expected = picture_from(ball, path.pose_at(1), intrinsics)
    np.testing.assert_allclose(pictures(request)[0], expected, atol=1e-4)


def test_how_many_there_are_by_default(ball_file, poses):
    assert len(RenderRequest(ball_file).check("video").frames) == 120
    assert len(RenderRequest(ball_file).check().frames) == 1
    assert len(RenderRequest(ball_file, poses()).check("archive").frames) == 120
    assert len(RenderRequest(ball_file, poses()).check().frames) == 1
    without_times = RenderRequest(ball_file, poses(None))
    assert list(without_times.check("folder").frames) == list(range(len(PATH.times)))
    assert list(without_times.check().frames) == [len(PATH.times) // 2]


def test_a_path_with_times_is_followed_from_its_start_to_its_end(ball, ball_file, poses):
    made = pictures(RenderRequest(ball_file, poses(), frames=3))
    for frame, time in enumerate((0, 5, 10)):
        expected = picture_from(ball, PATH.pose_at(time))
        np.testing.assert_allclose(made[frame], expected, atol=1e-4)
    made = pictures(RenderRequest(ball_file, poses(), at=2.5), "picture")
    np.testing.assert_allclose(made[0], picture_from(ball, PATH.pose_at(2.5)), atol=1e-4)


def test_poses_without_times_are_pictures_by_their_numbers(ball, ball_file, poses):
    made = pictures(RenderRequest(ball_file, poses(None), at=7), "picture")
    expected = picture_from(ball, PATH.world_to_camera[7])
    np.testing.assert_allclose(made[7], expected, atol=1e-4)


def test_pictures_have_the_size_of_the_poses_or_that_which_is_asked_for(ball_file, poses):
    assert pictures(RenderRequest(ball_file, poses(None), at=0))[0].shape == (30, 40, 3)
    asked = RenderRequest(ball_file, poses(None), at=0, size=(15, 20))
    assert pictures(asked)[0].shape == (15, 20, 3)
    assert pictures(RenderRequest(ball_file, at=0))[0].shape == (480, 640, 3)


def test_depth_has_one_range_for_all_pictures_which_is_said(ball_file):
    checked = RenderRequest(ball_file, frames=3, size=SMALL, depth=True).check("folder")
    assert "in units of the scene" in checked.facts[-1]
    near, far = (float(checked.facts[-1].split()[i]) for i in (6, 2))
    for _, picture in checked.run():
        assert picture.shape == SMALL
        assert picture.max() < 1
        nearest = far - picture.max() * (far - near)
        assert near < nearest < far


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"frames": 0}, OptionError, "1 picture or more, not 0"),
        ({"frames": 3, "at": 0}, OptionError, "either at or frames"),
        ({"at": 1.5}, RangeError, "time 1.5 is outside the camera path, which covers 0 to 1"),
        ({"background": 1.5}, OptionError, "0 for black to 1 for white, not 1.5"),
        ({"background": float("nan")}, OptionError, "0 for black to 1 for white, not nan"),
        ({"fov": 180}, OptionError, "between 0 and 180 degrees, not 180"),
        ({"elevation": 90}, OptionError, "an elevation between -90 and 90"),
        ({"size": (10**6, 10**6)}, ResourceError, "a picture of 1000000x1000000 needs"),
    ],
)
def test_what_no_orbit_has_is_refused(ball_file, options, error, words):
    with pytest.raises(error, match=words):
        RenderRequest(ball_file, **options).check("folder")


@pytest.mark.parametrize(
    ("times", "options", "error", "words"),
    [
        (True, {"at": 11}, RangeError, "time 11 is outside the camera path, which covers 0 to 10"),
        (True, {"elevation": 20}, OptionError, "of an orbit; leave them out with a path"),
        (True, {"fov": 50}, OptionError, "has a field of view of its own"),
        (True, {"size": (40, 40)}, GeometryError, "have another shape than 40x40"),
        (False, {"frames": 5}, FileError, "has no times, and a path between its poses needs them"),
        (False, {"at": 2.5}, RangeError, "the poses are numbered 0 to 36, and there is none 2.5"),
    ],
)
def test_a_path_that_does_not_fit_is_refused(ball_file, poses, times, options, error, words):
    path = poses(PATH.times if times else None)
    with pytest.raises(error, match=words):
        RenderRequest(ball_file, path, **options).check("folder")


def test_a_path_that_sees_nothing_is_refused(ball_file, poses):
    away = orbit_path((2, 0, 500), 5, 10).world_to_camera
    request = RenderRequest(ball_file, poses(None, away))
    with pytest.raises(OptionError, match=r"nothing of .*ball.ply is in view from 73 poses of"):
        request.check("folder")
    # A camera or two that see nothing are no error.
    some = np.concatenate([away[:1], PATH.world_to_camera[:2]])
    assert len(RenderRequest(ball_file, poses(None, some)).check("folder").frames) == 3


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.ply").write_text("ply\nformat ascii 1.0\nend_header\n")
    with pytest.raises(FileError, match=r"a \.ply of the format ascii"):
        RenderRequest(tmp_path / "a.ply").check()
