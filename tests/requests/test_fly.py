"""Requests for flights: which cameras they have, and what is refused."""

import shutil

import numpy as np
import pytest

from spikecam.encoding import SRGB
from spikecam.errors import FileError, GeometryError, OptionError, ResourceError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.pictures import read_picture, write_picture
from spikecam.requests.fly import FlyRequest
from spikecam.views.camera import Intrinsics
from spikecam.views.fitting import FitOptions
from spikecam.views.flight_folder import FlightOptions
from spikecam.views.orbit import orbit_around_gaussians, orbit_path
from spikecam.views.pose_files.nerf import read_transforms, write_transforms
from spikecam.views.posed_pictures import PosedPictures
from spikecam.views.street_scene import street_flight, street_test_cameras

NO_PHOTOGRAPHS = FlightOptions(photographs=0)
INTRINSICS = Intrinsics.from_field_of_view(40, 30, 0.6)
PATH = orbit_path((2, 0, -1), 5, 10, turns=0.5)


@pytest.fixture
def poses(tmp_path):
    """Writes a transforms.json, of the orbit by default."""

    def write(matrices=PATH.world_to_camera, times=0.5 + PATH.times):
        write_transforms(tmp_path / "poses.json", matrices, INTRINSICS, times=times)
        return tmp_path / "poses.json"

    return write


def test_a_flight_takes_a_path_from_its_first_to_its_last_time(ball_file, poses):
    checked = FlyRequest(
        ball_file, poses(), frames=7, size=(15, 20), options=NO_PHOTOGRAPHS
    ).check()
    assert checked.facts == (f"400 Gaussians from 0.5 to 10.5 of {poses()}, 7 frames of 20x15",)
    assert checked.flight.frame_count == 7
    for frame in range(7):
        camera = checked.flight.camera_at(frame)
        assert camera.intrinsics == INTRINSICS.resized(20, 15)
        expected = PATH.pose_at(10 * frame / 6)
        np.testing.assert_allclose(camera.world_to_camera, expected, atol=1e-6)


def test_an_orbit_is_a_spiral_with_two_elevations(ball, ball_file):
    orbit = {"elevation": (-10, 50), "turns": -2, "up": "-y"}
    request = FlyRequest(ball_file, frames=31, fov=50, options=NO_PHOTOGRAPHS, **orbit)
    checked = request.check()
    assert checked.facts == ("400 Gaussians from an orbit of -2 turns, 31 frames of 400x250",)
    lens = Intrinsics.from_field_of_view(400, 250, np.radians(50))
    path = orbit_around_gaussians(
        ball, lens, 30, elevation=(-10, 50), turns=-2, up=np.array([0, -1, 0])
    )
    for frame in (0, 17, 30):
        camera = checked.flight.camera_at(frame)
        assert camera.intrinsics == lens
        np.testing.assert_allclose(camera.world_to_camera, path.pose_at(frame), atol=1e-9)


def test_defaults_of_an_orbit(ball, ball_file):
    flight = FlyRequest(ball_file).check().flight
    assert flight.frame_count == 6000
    lens = Intrinsics.from_field_of_view(400, 250, np.radians(40))
    expected = orbit_around_gaussians(ball, lens, 1).pose_at(0)
    np.testing.assert_allclose(flight.camera_at(0).world_to_camera, expected)


def test_the_street_has_its_own_flight_and_test_views(street_corner, monkeypatch):
    monkeypatch.setattr("spikecam.requests.fly.street_scene", lambda: street_corner)
    checked = FlyRequest("street", frames=50, size=(10, 16), options=NO_PHOTOGRAPHS).check()
    assert checked.facts == ("the street scene, 50 frames of 16x10",)
    pairs = [
        (checked.flight.camera_at(20), street_flight(50, width=16, height=10)(20)),
        (checked.test_cameras[3], street_test_cameras(20, width=16, height=10)[3]),
    ]
    for camera, expected in pairs:
        assert camera.intrinsics == expected.intrinsics
        np.testing.assert_array_equal(camera.world_to_camera, expected.world_to_camera)
    assert len(checked.test_cameras) == 20
    light = checked.flight.render(checked.flight.camera_at(0))
    assert light.shape == (10, 16, 3)
    assert light.max() > 0.3


def test_the_background_is_behind_the_scene(ball_file, poses):
    flight = FlyRequest(ball_file, poses(), background=1).check().flight
    assert flight.render(flight.camera_at(0))[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"frames": 1}, OptionError, "2 frames or more, not 1"),
        ({"fov": 180}, OptionError, "field of view is between 0 and 180"),
        ({"background": 2}, OptionError, "background is from 0"),
        ({"turns": 0}, OptionError, "turns other than 0"),
        ({"elevation": (0, 95)}, OptionError, "0 to 95"),
        ({"scene": "street", "fov": 40}, OptionError, "flight and a field of view of its own"),
        ({"scene": "street", "up": "z"}, OptionError, "flight and a field of view of its own"),
        ({"scene": "street", "background": 1}, OptionError, "fills the picture"),
        ({"scene": "street", "size": (10**6, 10**6)}, ResourceError, "picture of 1000000x1000000"),
        ({"size": (10**6, 10**6)}, ResourceError, "choose a smaller size"),
        (
            {"size": (100, 100), "options": FlightOptions(scale=10**5)},
            ResourceError,
            "picture of 10000000x10000000",
        ),
        ({"scene": "none.ply"}, FileError, "none.ply"),
        ({"path": "none.json"}, FileError, "none.json"),
        ({"path": "none.json", "turns": 2}, OptionError, "of an orbit"),
        ({"fpn": FixedPattern.random((10, 10), 0)}, GeometryError, "10x10"),
    ],
)
def test_what_cannot_be_is_refused(ball_file, change, error, message):
    with pytest.raises(error, match=message):
        FlyRequest(**{"scene": ball_file, **change}).check()


def test_paths_that_do_not_lead_through_the_scene_are_refused(ball_file, poses):
    away = PATH.world_to_camera.copy()
    away[:, 2] *= -1
    away[:, 0] *= -1
    with pytest.raises(OptionError, match=r"nothing of .*ball.ply is in view from 0.5 to 10.5 of"):
        FlyRequest(ball_file, poses(away)).check()
    with pytest.raises(FileError, match="has no times"):
        FlyRequest(ball_file, poses(times=None)).check()


def test_test_views_of_a_scene_are_beside_the_path(ball_file, poses):
    checked = FlyRequest(ball_file, poses(), frames=50, options=NO_PHOTOGRAPHS).check()
    assert len(checked.test_cameras) == 20
    centres = np.array([checked.flight.camera_at(frame).centre for frame in range(50)])
    for camera in checked.test_cameras:
        # The scene is 5 away.
        assert 0.05 < np.linalg.norm(centres - camera.centre, axis=1).min() < 0.5


def test_a_data_set_is_flown_around_at_the_distance_of_its_cameras(flight_folder, tmp_path):
    shutil.copytree(flight_folder / "clear", tmp_path / "clear")
    train = tmp_path / "transforms_train.json"
    shutil.copy(flight_folder / "transforms_clear.json", train)
    fit = FitOptions(steps=150, gaussians=150)
    values = {"fit": fit, "options": NO_PHOTOGRAPHS}
    checked = FlyRequest(tmp_path, frames=30, size=(16, 18), elevation=10, **values).check()
    for frame in (0, 29):
        centre = checked.flight.camera_at(frame).centre
        assert np.linalg.norm(centre - (2, 0, -1)) == pytest.approx(3.2, abs=1e-3)
    assert checked.flight.camera_at(0).intrinsics == read_transforms(train).intrinsics_for(18, 16)
    checked.fit_scene()
    assert checked.fit.step_number == 150
    light = PosedPictures(read_transforms(train), SRGB, size=(16, 18))
    for camera, truth in zip(light.cameras(), light.iter_light(), strict=True):
        view = checked.flight.render(camera)
        assert np.corrcoef(view.ravel(), truth.ravel())[0, 1] > 0.75
    with pytest.raises(OptionError, match="exposure of 97 frames is longer than the flight of 30"):
        FlyRequest(tmp_path, frames=30, fit=fit).check()
    with pytest.raises(GeometryError, match="another shape than 20x20"):
        FlyRequest(tmp_path, size=(20, 20), fit=fit).check()
    for picture in read_transforms(train).pictures:
        write_picture(picture, read_picture(picture)[..., 0])
    with pytest.raises(OptionError, match="are gray; leave out bayer"):
        FlyRequest(tmp_path, options=FlightOptions(bayer=True), fit=fit).check()
