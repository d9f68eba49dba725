"""Pictures that a file of poses names: their light, size, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from spikecam.encoding import SRGB
from spikecam.errors import FileError, GeometryError, OptionError, ResourceError
from spikecam.io.hdr import write_hdr_picture
from spikecam.io.pictures import write_picture
from spikecam.srgb import srgb_to_linear
from spikecam.views.camera import Intrinsics
from spikecam.views.common_point import common_view_point
from spikecam.views.pose_convention import guess_conventions
from spikecam.views.pose_files.nerf import read_transforms, write_transforms
from spikecam.views.posed_pictures import PosedPictures

EXR_START = bytes((0x76, 0x2F, 0x31, 0x01, 2, 0, 0, 0))
LENS = Intrinsics.from_field_of_view(6, 4, 0.8)


@pytest.fixture
def poses_of(tmp_path):
    """Poses of named pictures in a folder."""

    def write(*names):
        path = tmp_path / "poses.json"
        poses = np.tile(np.eye(4), (len(names), 1, 1))
        write_transforms(path, poses, LENS, pictures=[tmp_path / name for name in names])
        return read_transforms(path)

    return write


def test_light_is_decoded_over_the_background(tmp_path, poses_of):
    write_picture(tmp_path / "gray.png", np.full((4, 6), 0.5))
    write_picture(tmp_path / "colour.png", np.full((4, 6, 3), (1, 0.5, 0)))
    layers = np.zeros((4, 6, 4), np.uint8)
    layers[:, 3:] = (128, 128, 128, 255)
    Image.fromarray(layers).save(tmp_path / "clear.png")
    poses = poses_of("gray.png", "colour.png", "clear.png")
    gray, colour, clear = PosedPictures(poses, SRGB, background=1.0).iter_light()
    half = srgb_to_linear(np.array(128 / 255))
    np.testing.assert_allclose(gray, np.full((4, 6), half), atol=1e-4)
    np.testing.assert_allclose(colour[0, 0], [1, half, 0], atol=1e-4)
    np.testing.assert_allclose(clear[0, :, 0], [1, 1, 1, half, half, half], atol=1e-4)


@pytest.mark.parametrize("background", [0.0, 0.25])
def test_smaller_pictures_are_means_of_values_with_cameras_to_match(tmp_path, poses_of, background):
    layers = np.random.default_rng(0).integers(0, 256, (4, 6, 4), np.uint8)
    Image.fromarray(layers).save(tmp_path / "a.png")
    alpha = layers[..., 3:] / 255
    values = layers[..., :3] / 255 * alpha + background * (1 - alpha)
    whole = PosedPictures(poses_of("a.png"), SRGB, background)
    small = PosedPictures(poses_of("a.png"), SRGB, background, size=(2, 3))
    halves = values.reshape(2, 2, 3, 2, 3).mean((1, 3))
    for pictures, expected in ((whole, values), (small, halves)):
        (light,) = pictures.iter_light()
        np.testing.assert_allclose(light, srgb_to_linear(expected), atol=1e-4)
    assert small.cameras()[0].intrinsics == LENS.resized(3, 2)
    np.testing.assert_array_equal(small.cameras()[0].world_to_camera, np.eye(4))


def test_openexr_files_are_light(tmp_path, poses_of):
    pytest.importorskip("OpenEXR")
    light = np.random.default_rng(0).uniform(0, 3, (4, 6, 3)).astype(np.float32)
    write_hdr_picture(tmp_path / "a.exr", light)
    (read,) = PosedPictures(poses_of("a.exr"), SRGB).iter_light()
    np.testing.assert_array_equal(read, light)
    (small,) = PosedPictures(poses_of("a.exr"), SRGB, size=(2, 3)).iter_light()
    np.testing.assert_allclose(small, light.reshape(2, 2, 3, 2, 3).mean((1, 3)), rtol=1e-5)
    write_picture(tmp_path / "b.png", np.zeros((4, 7)))
    with pytest.raises(GeometryError, match=r"b.png is of 7x4, and .*a.exr of 6x4"):
        PosedPictures(poses_of("a.exr", "b.png"), SRGB)
    for content, words in ((b"no picture", "is no OpenEXR picture"), (EXR_START, "no readable")):
        (tmp_path / "a.exr").write_bytes(content)
        with pytest.raises(FileError, match=words):
            PosedPictures(poses_of("a.exr"), SRGB)


def test_the_field_of_view_is_for_their_size(tmp_path, poses_of):
    write_picture(tmp_path / "a.png", np.zeros((8, 12)))
    lens = PosedPictures(poses_of("a.png"), SRGB).intrinsics(None)
    assert (lens.width, lens.height) == (12, 8)
    assert lens.fx == pytest.approx(2 * LENS.fx)


def test_pictures_that_cannot_be_taken_are_refused(tmp_path, poses_of, monkeypatch):
    write_picture(tmp_path / "a.png", np.zeros((4, 6)))
    write_picture(tmp_path / "b.png", np.zeros((4, 7)))
    with pytest.raises(GeometryError, match=r"b.png is of 7x4, and .*a.png of 6x4"):
        PosedPictures(poses_of("a.png", "b.png"), SRGB)
    with pytest.raises(FileError, match=r"c\.png"):
        PosedPictures(poses_of("a.png", "c.png"), SRGB)
    write_transforms(tmp_path / "bare.json", np.eye(4)[None], LENS)
    with pytest.raises(FileError, match="names no pictures"):
        PosedPictures(read_transforms(tmp_path / "bare.json"), SRGB)
    for size, words in (((5, 6), "not made larger"), ((0, 4), "not 4x0"), ((2, 5), "of the shape")):
        with pytest.raises(GeometryError, match=words):
            PosedPictures(poses_of("a.png"), SRGB, size=size)
    with pytest.raises(OptionError, match="a background is from 0"):
        PosedPictures(poses_of("a.png"), SRGB, background=1.5)
    (tmp_path / "d.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"d.png is not a readable picture"):
        PosedPictures(poses_of("d.png"), SRGB)
    poses = poses_of("a.png", "a.png")
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: 500)
    with pytest.raises(ResourceError, match="2 pictures of 6x4 needs"):
        PosedPictures(poses, SRGB)


def test_the_chair_has_one_visual_hull(data):
    """What all silhouettes share fills each of them, which it does in no other convention."""
    path = data / "views" / "chair" / "transforms_test.json"
    if not path.is_file():
        pytest.skip(f"no {path}")
    pictures = PosedPictures(read_transforms(path), SRGB, size=(50, 50))
    grays = (SRGB.encode(light).mean(2) for light in pictures.iter_light())
    views = list(zip(pictures.cameras(), grays, strict=True))
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
