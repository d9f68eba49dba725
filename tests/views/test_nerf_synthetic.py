"""Pictures with poses: composited, made smaller, and as the chair of NeRF's synthetic scenes."""

import json

import numpy as np
import pytest
from PIL import Image
from spikecam.views.nerf_synthetic import read_posed_pictures

from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.gray import as_gray
from spikecam.views.common_point import common_view_point
from spikecam.views.pose_convention import guess_conventions


@pytest.fixture
def write(tmp_path):
    """A transforms.json of given pictures; each is an array of bytes."""

    def save(*arrays, **header):
        frames = []
        for i, array in enumerate(arrays):
            Image.fromarray(np.asarray(array, np.uint8)).save(tmp_path / f"r_{i}.png")
            pose = np.eye(4)
            pose[0, 3] = i
            frames.append({"file_path": f"./r_{i}", "transform_matrix": pose.tolist()})
        content = {"camera_angle_x": 0.5, "frames": frames, **header}
        (tmp_path / "transforms.json").write_text(json.dumps(content))
        return tmp_path / "transforms.json"

    return save


RGBA = np.random.default_rng(0).integers(0, 256, (6, 8, 4))


@pytest.mark.parametrize("background", [0.0, 0.25, 1.0])
def test_pictures_lie_over_the_background(write, background):
    ((camera, picture),) = read_posed_pictures(write(RGBA), background=background)
    alpha = RGBA[..., 3:] / 255
    np.testing.assert_allclose(
        picture, RGBA[..., :3] / 255 * alpha + background * (1 - alpha), atol=1e-6
    )
    assert picture.dtype == np.float32
    assert (camera.intrinsics.width, camera.intrinsics.height) == (8, 6)


def test_smaller_pictures_are_means_over_areas_with_cameras_to_match(write):
    path = write(RGBA, RGBA)
    whole, halves = read_posed_pictures(path), read_posed_pictures(path, (3, 4))
    for (camera, picture), (small_camera, small) in zip(whole, halves, strict=True):
        np.testing.assert_allclose(small, picture.reshape(3, 2, 4, 2, 3).mean((1, 3)), atol=1e-6)
        assert small_camera.intrinsics == camera.intrinsics.resized(4, 3)
        np.testing.assert_array_equal(small_camera.world_to_camera, camera.world_to_camera)
    np.testing.assert_allclose(halves[1][0].centre, (1, 0, 0), atol=1e-12)


def test_gray_is_weighed_and_pictures_without_transparency_pass(write):
    path = write(RGBA[..., :3], RGBA[..., 0])
    (_, colour), (_, flat) = read_posed_pictures(path)
    np.testing.assert_allclose(colour, RGBA[..., :3] / 255, atol=1e-6)
    np.testing.assert_allclose(flat, np.repeat(RGBA[..., :1], 3, axis=2) / 255, atol=1e-6)
    (_, gray), _ = read_posed_pictures(path, gray=True)
    np.testing.assert_array_equal(gray, as_gray(colour))


def test_bad_pictures_and_options_are_refused(write, tmp_path):
    path = write(RGBA)
    with pytest.raises(OptionError, match="a background is in"):
        read_posed_pictures(path, background=1.5)
    for size in ((6, 9), (0, 4)):
        with pytest.raises(GeometryError, match="not made larger"):
            read_posed_pictures(path, size)
    with pytest.raises(GeometryError, match="another shape"):
        read_posed_pictures(write(RGBA, w=800, h=800))
    with pytest.raises(GeometryError, match="make them alike"):
        read_posed_pictures(write(RGBA, RGBA[:4]))
    (tmp_path / "r_0.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"r_0\.png is not a readable picture"):
        read_posed_pictures(path)
    (tmp_path / "r_0.png").unlink()
    with pytest.raises(FileError, match=r"r_0\.png does not exist"):
        read_posed_pictures(path)


def test_a_file_that_names_no_pictures_is_refused(tmp_path):
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps({"frames": [{"transform_matrix": np.eye(4).tolist()}]}))
    with pytest.raises(FileError, match="names no pictures"):
        read_posed_pictures(path)


def test_the_chair_has_one_visual_hull(data):
    """What all silhouettes share fills each of them, which it does in no other convention."""
    path = data / "views" / "chair" / "transforms_test.json"
    if not path.is_file():
        pytest.skip(f"no {path}")
    views = read_posed_pictures(path, (50, 50), gray=True)
    assert len(views) == 50
    poses = np.array([camera.world_to_camera for camera, _ in views])
    assert guess_conventions(poses)[0].looks_right
    np.testing.assert_allclose(common_view_point(poses).point, 0, atol=1e-3)
    assert fill_of_hull(views) > 0.85
    assert fill_of_hull([(camera, picture[::-1]) for camera, picture in views]) < 0.5
    assert fill_of_hull([(camera, picture[:, ::-1]) for camera, picture in views]) < 0.5


def fill_of_hull(views):
    """Share of the silhouettes' pixels in which a point of their visual hull lies."""
    axis = np.linspace(-1.2, 1.2, 49)
    points = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    silhouettes = [picture > 0.02 for _, picture in views]
    for (camera, _), silhouette in zip(views, silhouettes, strict=True):
        points = points[silhouette[pixels_of(camera, points)]]
    pixels = covered = 0
    for (camera, _), silhouette in zip(views, silhouettes, strict=True):
        hull = np.zeros_like(silhouette)
        hull[pixels_of(camera, points)] = True
        pixels += silhouette.sum()
        covered += (hull & silhouette).sum()
    return covered / pixels


def pixels_of(camera, points):
    x, y, z = camera.world_to_camera[:3, :3] @ points.T + camera.world_to_camera[:3, 3:]
    k = camera.intrinsics
    u, v = k.fx * x / z + k.cx, k.fy * y / z + k.cy
    return np.clip(v.astype(int), 0, k.height - 1), np.clip(u.astype(int), 0, k.width - 1)
