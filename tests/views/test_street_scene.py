import numpy as np
import pytest

import spikecam as sc
from spikecam.metrics.full_reference import psnr
from spikecam.views import street_scene as street_module
from spikecam.views import textures
from spikecam.views.street_scene import street_flight, street_scene, street_test_cameras


def centres(cameras):
    return np.array([camera.centre for camera in cameras])


def test_every_ray_of_the_flight_and_of_the_views_meets_something(street_corner):
    flight = street_flight(100)
    cameras = [flight(t) for t in (0, 31, 62, 99)] + street_test_cameras(4)
    for camera in cameras:
        depth = street_corner.depth(camera)
        assert depth.shape == (250, 400)
        assert np.isfinite(depth).all()
        # Parallax: things near by and far away, and nothing in the face.
        assert 1.5 < depth.min() < 4
        assert depth.max() > 50


def test_there_is_texture_everywhere_and_no_aliasing(street_corner):
    camera = street_flight(100)(40)
    picture = street_corner.render(camera)
    assert 0 <= picture.min() < 0.05
    assert 0.6 < picture.max() <= 1
    gray = picture.mean(2)
    blocks = gray.reshape(10, 25, 16, 25).swapaxes(1, 2)
    contrast = blocks.std((2, 3)) / blocks.mean((2, 3))
    assert (contrast > 0.03).mean() > 0.95
    # Many more samples change little.
    assert psnr(picture, street_corner.render(camera, 64), data_range=1) > 35


def test_a_small_step_changes_the_picture_by_little(street_corner):
    """A picture that is aliased changes where things move by a tenth of a pixel."""
    flight = street_flight(8000)
    first, middle, last = (street_corner.render(flight(t)) for t in (3000, 3001, 3002))
    assert psnr((first + last) / 2, middle, data_range=1) > 44


def test_the_scene_is_always_the_same(monkeypatch):
    # Coarser, to be faster.
    monkeypatch.setattr(textures, "TEXTURE_SIZE", 128)
    monkeypatch.setattr(street_module, "_SHADING_SPACING", 1.0)
    camera = street_flight(10, width=80, height=50)(4)
    one, again = (street_scene().render(camera, 4) for _ in range(2))
    assert np.array_equal(one, again)
    assert one.std() > 0.05


def test_the_flight_is_smooth_and_goes_sideways():
    flight = street_flight(101)
    path = centres(flight(t) for t in range(101))
    assert path[-1, 0] - path[0, 0] > 4
    speed = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert np.abs(np.diff(path, 2, axis=0)).max() < 0.1 * speed.max()
    assert flight(3).intrinsics.width, flight(3).intrinsics.height == (400, 250)


def test_views_are_beside_the_flight():
    flight = street_flight(1001)
    path = centres(flight(t) for t in range(1001))
    cameras = street_test_cameras(20, width=80, height=50)
    assert (cameras[0].intrinsics.width, cameras[0].intrinsics.height) == (80, 50)
    distances = np.linalg.norm(centres(cameras)[:, None] - path, axis=2).min(1)
    assert ((distances > 0.003) & (distances < 0.31)).all()
    assert np.median(distances) > 0.05


def test_a_flight_without_frames_is_refused():
    with pytest.raises(sc.OptionError, match="at least 2 frames"):
        street_flight(1)
