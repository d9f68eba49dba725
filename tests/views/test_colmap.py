"""Models of COLMAP, as text and as bytes."""

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spikecam.errors import FileError
from spikecam.views.camera import Intrinsics
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_files.read import read_poses

POSES = orbit_path((0.5, -1, 2), 3, 50, turns=0.05).world_to_camera
PINHOLE = ("PINHOLE", 1, (400, 250, 311.5, 312.25, 199, 126.5))
NAMES = [f"frame {i:02d}.png" for i in range(len(POSES))]
TEXT_HEAD = "# Image list with two lines of data per image:\n"


def rows(poses):
    quaternions = Rotation.from_matrix(poses[:, :3, :3]).as_quat()[:, [3, 0, 1, 2]]
    return np.concatenate([quaternions, poses[:, :3, 3]], axis=1).tolist()


def write_text(folder, cameras=(PINHOLE,), poses=POSES, camera_of=lambda i: 1):
    lines = [
        f"{i} {model} " + " ".join(map(str, values))
        for i, (model, _, values) in enumerate(cameras, start=1)
    ]
    (folder / "cameras.txt").write_text("# Camera list\n" + "\n".join(lines) + "\n")
    images = [
        f"{9 - i} {' '.join(map(repr, row))} {camera_of(i)} {NAMES[i]}\n"
        + ("1.5 2.5 -1 3 4 17\n" if i % 2 else "\n")
        for i, row in enumerate(rows(poses))
    ]
    (folder / "images.txt").write_text(TEXT_HEAD + "".join(reversed(images)))


def write_binary(folder, cameras=(PINHOLE,), poses=POSES, camera_of=lambda i: 1):
    content = struct.pack("<Q", len(cameras))
    for i, (_, model, values) in enumerate(cameras, start=1):
        width, height, *parameters = values
        content += struct.pack("<IiQQ", i, model, width, height)
        content += struct.pack(f"<{len(parameters)}d", *parameters)
    (folder / "cameras.bin").write_bytes(content)
    content = struct.pack("<Q", len(poses))
    for i, row in reversed(list(enumerate(rows(poses)))):
        content += struct.pack("<I7dI", 9 - i, *row, camera_of(i)) + NAMES[i].encode() + b"\0"
        content += struct.pack("<Q", i) + struct.pack("<ddq", 1.5, 2.5, -1) * i
    (folder / "images.bin").write_bytes(content)


WRITERS = pytest.mark.parametrize("write", [write_text, write_binary])


@WRITERS
def test_a_model_is_read_in_the_order_of_names(tmp_path, write):
    write(tmp_path)
    file = read_poses(tmp_path)
    np.testing.assert_allclose(file.world_to_camera, POSES, atol=1e-12)
    assert file.intrinsics == Intrinsics(400, 250, 311.5, 312.25, 199, 126.5)
    assert file.pictures == tuple(map(Path, NAMES))
    assert file.times is None


@WRITERS
@pytest.mark.parametrize(
    "camera",
    [
        ("SIMPLE_PINHOLE", 0, (400, 250, 300, 200, 125)),
        ("SIMPLE_RADIAL", 2, (400, 250, 300, 200, 125, 0)),
        ("RADIAL", 3, (400, 250, 300, 200, 125, 0, 0)),
        ("OPENCV", 4, (400, 250, 300, 300, 200, 125, 0, 0, 0, 0)),
        ("FULL_OPENCV", 6, (400, 250, 300, 300, 200, 125, 0, 0, 0, 0, 0, 0, 0, 0)),
    ],
)
def test_cameras_without_distortion_are_pinholes(tmp_path, write, camera):
    write(tmp_path, [camera])
    assert read_poses(tmp_path).intrinsics == Intrinsics(400, 250, 300, 300, 200, 125)


@WRITERS
@pytest.mark.parametrize(
    ("camera", "message"),
    [
        (("SIMPLE_RADIAL", 2, (400, 250, 300, 200, 125, 0.01)), "lens distortion"),
        (("OPENCV", 4, (400, 250, 300, 300, 200, 125, 0, 0, 0, 1e-3)), "lens distortion"),
        (("OPENCV_FISHEYE", 5, (400, 250, 300, 300, 200, 125, 0, 0, 0, 0)), "no pinhole"),
        (("PINHOLE", 1, (400, 250, 0, 300, 200, 125)), "no size or focal length"),
        (("SIMPLE_PINHOLE", 0, (400, 250, float("nan"), 200, 125)), "no size or focal length"),
    ],
)
def test_other_cameras_are_refused(tmp_path, write, camera, message):
    write(tmp_path, [camera])
    with pytest.raises(FileError, match=message):
        read_poses(tmp_path)


@WRITERS
def test_equal_cameras_count_as_one_and_others_do_not(tmp_path, write):
    other = ("PINHOLE", 1, (400, 250, 300, 300, 200, 125))
    write(tmp_path, [PINHOLE, PINHOLE, other], camera_of=lambda i: i % 2 + 1)
    assert len(read_poses(tmp_path).world_to_camera) == len(POSES)
    write(tmp_path, [PINHOLE, PINHOLE, other], camera_of=lambda i: i % 2 + 2)
    with pytest.raises(FileError, match=r"has 2 cameras.*single_camera"):
        read_poses(tmp_path)
    write(tmp_path, camera_of=lambda i: 7)
    with pytest.raises(FileError, match="camera 7 of an image is missing"):
        read_poses(tmp_path)


@WRITERS
def test_a_model_without_images_and_poses_that_are_not_finite_are_refused(tmp_path, write):
    write(tmp_path, poses=POSES[:0])
    with pytest.raises(FileError, match="no images with a pose"):
        read_poses(tmp_path)
    poses = POSES.copy()
    poses[0, 0, 3] = np.nan
    write(tmp_path, poses=poses)
    with pytest.raises(FileError, match="expected finite numbers"):
        read_poses(tmp_path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", ["cameras.bin", "images.bin"])
def test_a_model_that_was_cut_is_refused(tmp_path, name, share):
    write_binary(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: max(1, int(share * len(content)))])
    with pytest.raises(FileError, match="damaged model"):
        read_poses(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cameras.txt", "1 PINHOLE 400 250 300\n"),
        ("cameras.txt", "1 NO_SUCH 400 250 300\n"),
        ("images.txt", "1 1 0 0\n\n"),
        ("images.txt", "1 1 0 0 0 0 0 x 1 a.png\n\n"),
    ],
)
def test_a_damaged_text_is_refused(tmp_path, name, content):
    write_text(tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(FileError, match="damaged model"):
        read_poses(tmp_path)


def test_an_unknown_number_of_a_camera_model_is_refused(tmp_path):
    write_binary(tmp_path, [("FUTURE", 99, (400, 250, 300))])
    with pytest.raises(FileError, match="camera model 99 is unknown"):
        read_poses(tmp_path)


def test_half_a_model_is_refused(tmp_path):
    write_text(tmp_path)
    (tmp_path / "images.txt").unlink()
    with pytest.raises(FileError, match=r"images.txt does not exist"):
        read_poses(tmp_path)


def test_a_file_of_a_model_leads_to_its_folder(tmp_path):
    write_text(tmp_path)
    with pytest.raises(FileError, match="name its folder"):
        read_poses(tmp_path / "images.txt")
