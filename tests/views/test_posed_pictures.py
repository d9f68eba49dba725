"""Pictures that a file of poses names: their light, size, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from spikecam.encoding import SRGB
from spikecam.errors import FileError, GeometryError, ResourceError
from spikecam.io.pictures import write_picture
from spikecam.srgb import srgb_to_linear
from spikecam.views.camera import Intrinsics
from spikecam.views.pose_files.nerf import read_transforms, write_transforms
from spikecam.views.posed_pictures import PosedPictures

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
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: 500)
    with pytest.raises(ResourceError, match="2 pictures of 6x4 needs"):
        PosedPictures(poses_of("a.png", "a.png"), SRGB)
