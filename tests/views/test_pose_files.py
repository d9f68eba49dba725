"""Files of poses: transforms.json and tables; what they hold, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.errors import FileError, GeometryError, OptionError, ResourceError
from spikecam.views.camera import Intrinsics
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_files.nerf import write_transforms
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.pose_files.read import read_poses
from spikecam.views.poses import invert_poses

ORBIT = orbit_path((0.5, -1, 2), 3, 50, turns=0.2)
POSES = ORBIT.world_to_camera
INTRINSICS = Intrinsics(400, 250, 311.5, 312.25, 199, 126.5)


def transforms(change=None, frame_change=None, drop=()):
    """A transforms.json of two frames, with changes."""
    # A camera at (0, 0, 5) that looks down: -z of OpenGL's axes.
    matrix = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 5], [0, 0, 0, 1]]
    frames = [
        {"file_path": f"./train/r_{i}", "time": i, "transform_matrix": matrix} for i in range(2)
    ]
    frames[1].update(frame_change or {})
    content = {"camera_angle_x": 0.5, "frames": frames, **(change or {})}
    for key in drop:
        content.pop(key, None)
        frames[1].pop(key, None)
    return content


@pytest.fixture
def write(tmp_path):
    def save(content, name="transforms.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return save


def test_blender_axes_become_those_of_opencv(write):
    file = read_poses(write(transforms()))
    # A point below the camera lies in front of it, one at y = 1 above the middle of the picture.
    x, y, z, _ = file.world_to_camera[0] @ (0, 1, 0, 1)
    np.testing.assert_allclose((x, y, z), (0, -1, 5), atol=1e-12)
    np.testing.assert_array_equal(file.times, [0, 1])
    assert file.pictures[1] == file.path.parent / "train" / "r_1.png"
    assert file.intrinsics is None
    assert file.angle_x == 0.5


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=20)
def test_transforms_come_back(seed, bare):
    import tempfile

    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(rng.normal(scale=2, size=(4, 3))).as_matrix()
    poses[:, :3, 3] = rng.normal(scale=9, size=(4, 3))
    times = None if bare else np.cumsum(rng.uniform(0.1, 1, 4))
    with tempfile.TemporaryDirectory() as folder:
        pictures = None if bare else [Path(folder) / "a" / f"{i}.png" for i in range(4)]
        path = Path(folder) / "transforms.json"
        write_transforms(path, poses, INTRINSICS, times=times, pictures=pictures)
        file = read_poses(path)
    np.testing.assert_allclose(file.world_to_camera, poses, atol=1e-12)
    assert file.intrinsics == INTRINSICS
    if bare:
        assert file.times is None
        assert file.pictures is None
    else:
        np.testing.assert_array_equal(file.times, times)
        assert file.pictures == tuple(pictures)


def test_intrinsics_of_each_frame_and_of_the_angle_alone(write):
    each = {"fl_x": 300, "w": 400, "h": 200}
    content = transforms(frame_change=each, drop=["camera_angle_x"])
    content["frames"][0].update(each)
    assert read_poses(write(content)).intrinsics == Intrinsics(400, 200, 300, 300, 200, 100)
    content = transforms({"w": 400, "h": 200})
    assert read_poses(write(content)).intrinsics == Intrinsics.from_field_of_view(400, 200, 0.5)


NAN = [[float("nan")] * 4] * 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a JSON file"),
        ([], "expected an object"),
        ({"frames": 3}, 'no list "frames"'),
        (transforms({"frames": []}), "has no frames"),
        (transforms(drop=["transform_matrix"]), 'frame 1 has no "transform_matrix"'),
        (transforms({"frames": [{}, {}]}), 'have no "transform_matrix"'),
        (transforms(drop=["time"]), 'frame 1 has no "time"'),
        (transforms(drop=["file_path"]), 'frame 1 has no "file_path"'),
        (transforms(frame_change={"transform_matrix": NAN}), "not finite at pose 1"),
        (transforms(frame_change={"transform_matrix": [[1, 2]]}), "not all matrices"),
        (json.dumps(transforms()).replace("5", "1" + "0" * 400), "not finite at pose 0"),
        (transforms({"fl_x": True}), "expected a number above 0"),
        (transforms(frame_change={"transform_matrix": "no"}), "not all matrices"),
        (
            transforms(frame_change={"transform_matrix": np.diag([2, 2, 2, 1]).tolist()}),
            "not rigid at pose 1: its matrix scales",
        ),
        (
            transforms(frame_change={"transform_matrix": np.diag([1e300, 1, 1, 1]).tolist()}),
            "not rigid at pose 1: its matrix scales",
        ),
        (transforms(frame_change={"time": 0}), "times are repeated: pose 0"),
        (transforms(frame_change={"time": -1}), "times are not in order"),
        (transforms(frame_change={"time": "1"}), "not a number"),
        (transforms(frame_change={"file_path": 3}), "not a name"),
        (transforms(frame_change={"camera_angle_x": 0.6}), "differ between frames"),
        (transforms({"camera_angle_x": 40}), "expected radians"),
        (transforms({"camera_angle_x": "wide"}), "expected a number above 0"),
        (transforms({"fl_x": -3}), "expected a number above 0"),
        (transforms({"fl_x": 300}), 'add "w" and "h"'),
        (transforms({"w": 400.5, "h": 3}), "whole numbers"),
        (transforms({"k1": 0.01}), 'distortion \\("k1" is 0.01'),
        (transforms(frame_change={"p2": -0.1}), 'distortion \\("p2"'),
        (transforms({"camera_model": "OPENCV_FISHEYE"}), "not a pinhole"),
        (transforms({"is_fisheye": True}), "not a pinhole"),
    ],
)
def test_bad_transforms_are_refused_in_one_sentence(write, content, message):
    with pytest.raises(FileError, match=message) as caught:
        read_poses(write(content))
    assert "transforms.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_zero_distortion_is_none(write):
    file = read_poses(write(transforms({"k1": 0, "p1": 0.0, "camera_model": "OPENCV"})))
    assert len(file.world_to_camera) == 2


def test_what_cannot_be_written_is_refused(tmp_path):
    path = tmp_path / "t.json"
    with pytest.raises(OptionError, match="not rigid"):
        write_transforms(path, 2 * POSES, INTRINSICS)
    with pytest.raises(OptionError, match="need one time each"):
        write_transforms(path, POSES, INTRINSICS, times=[1])
    with pytest.raises(OptionError, match="need a picture each"):
        write_transforms(path, POSES, INTRINSICS, pictures=["a.png"])
    assert not path.exists()


def table(columns, separator, header=""):
    camera_to_world = invert_poses(POSES)
    quaternions = Rotation.from_matrix(camera_to_world[:, :3, :3]).as_quat()
    values = dict(zip(("x", "y", "z"), camera_to_world[:, :3, 3].T, strict=True))
    values |= dict(zip(("qx", "qy", "qz", "qw"), quaternions.T, strict=True))
    values["time"] = ORBIT.times
    rows = np.stack([values[name] for name in columns.split()], axis=1)
    return header + "\n".join(separator.join(map(repr, map(float, row))) for row in rows) + "\n"


STANDARD = "time x y z qw qx qy qz"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("poses.csv", table(STANDARD, ",")),
        ("poses.csv", table(STANDARD, ", ", "time,x,y,z,qw,qx,qy,qz\n")),
        ("poses.csv", table("x y z time qx qy qz qw", ",", "X, y, z, frame, qx, qy, qz, qw\n")),
        ("poses.txt", table(STANDARD, " ", "# a comment\n\n")),
        (
            "tum.txt",
            table("time x y z qx qy qz qw", "\t", "# timestamp tx ty tz qx qy qz qw\n"),
        ),
    ],
)
def test_tables_are_read_by_their_header(write, name, content):
    file = read_poses(write(content, name))
    np.testing.assert_allclose(file.world_to_camera, POSES, atol=1e-12)
    np.testing.assert_allclose(file.times, ORBIT.times)
    assert (file.intrinsics, file.angle_x, file.pictures) == (None, None, None)
    np.testing.assert_allclose(file.camera_path().pose_at(20), ORBIT.pose_at(20), atol=1e-9)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing\n", "has no poses"),
        ("1 2 3\n", "line 1: expected 8 numbers"),
        ("time x y z qx qy qz\n", "line 1: expected 8 numbers"),
        ("0 0 0 0 1 0 0 0\n1 0 0 zero 1 0 0 0\n", "line 2: expected 8 numbers"),
        ("0 0 0 0 1 1 0 0\n", "quaternion of length 1"),
        ("0 0 0 0 0 0 0 0\n", "quaternion of length 1"),
        ("0 0 0 0 1e300 0 0 0\n", "quaternion of length 1"),
        ("0 0 0 nan 1 0 0 0\n", "expected finite numbers"),
        ("0 0 0 0 nan 0 0 0\n", "expected finite numbers"),
        ("1 0 0 0 1 0 0 0\n1 0 0 1 1 0 0 0\n", "times are repeated"),
        ("2 0 0 0 1 0 0 0\n1 0 0 1 1 0 0 0\n", "times are not in order"),
    ],
)
def test_bad_tables_are_refused_in_one_sentence(write, content, message):
    with pytest.raises(FileError, match=message):
        read_poses(write(content, "poses.txt"))


def test_a_table_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "poses.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not a text"):
        read_poses(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("poses.npz", "x", "no known file of poses"), ("poses.json", "", "is empty")],
)
def test_other_files_are_refused(write, name, content, message):
    with pytest.raises(FileError, match=message):
        read_poses(write(content, name))


def test_missing_files_and_folders_without_a_model_are_refused(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        read_poses(tmp_path / "no.json")
    with pytest.raises(FileError, match=r"no model of COLMAP.*sparse/0"):
        read_poses(tmp_path)


def test_intrinsics_fit_pictures_of_the_same_shape():
    file = PoseFile(Path("a.json"), POSES, intrinsics=INTRINSICS)
    assert file.intrinsics_for(200, 125) == Intrinsics(200, 125, 155.75, 156.125, 99.5, 63.25)
    with pytest.raises(GeometryError, match=r"400x250.*another shape than 250x400"):
        file.intrinsics_for(250, 400)
    with pytest.raises(OptionError, match="leave out --fov"):
        file.intrinsics_for(200, 125, 40)


def test_the_angle_of_a_file_or_of_the_user_gives_intrinsics():
    by_angle = PoseFile(Path("a.json"), POSES, angle_x=0.5)
    assert by_angle.intrinsics_for(60, 40) == Intrinsics.from_field_of_view(60, 40, 0.5)
    bare = PoseFile(Path("a.csv"), POSES)
    assert bare.intrinsics_for(60, 40, 90).fx == pytest.approx(30)
    with pytest.raises(OptionError, match=r"a.csv has no field of view.*--fov"):
        bare.intrinsics_for(60, 40)
    for angle in (0, 180, float("nan")):
        with pytest.raises(OptionError, match="between 0 and 180"):
            bare.intrinsics_for(60, 40, angle)


def test_a_path_needs_times_and_two_poses():
    with pytest.raises(FileError, match="has no times"):
        PoseFile(Path("a.json"), POSES).camera_path()
    with pytest.raises(FileError, match="1 pose"):
        PoseFile(Path("a.json"), POSES[:1], np.zeros(1)).camera_path()


@pytest.mark.parametrize("name", ["poses.json", "poses.csv", "model/images.bin"])
def test_files_larger_than_the_memory_are_refused_before_they_are_read(tmp_path, name, monkeypatch):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    for other in ("cameras.bin", path.name):
        (path.parent / other).write_bytes(bytes(9 if other == path.name else 1))
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: 8)
    with pytest.raises(ResourceError, match=rf"reading .*{path.name} needs .* GB of memory"):
        read_poses(path.parent if path.suffix == ".bin" else path)


def test_a_part_of_the_poses_has_their_times_and_pictures(tmp_path):
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, 0, 3] = range(4)
    names = [tmp_path / f"{i}.png" for i in range(4)]
    path = tmp_path / "poses.json"
    intrinsics = Intrinsics(8, 6, 9.0, 9.0, 4.0, 3.0)
    write_transforms(path, poses, intrinsics, times=[1, 2, 3, 5], pictures=names, exposure=21)
    whole = read_poses(path)
    assert whole.exposure == 21
    part = whole.part(np.array([1, 3]))
    np.testing.assert_array_equal(part.world_to_camera, whole.world_to_camera[[1, 3]])
    assert (list(part.times), part.named_pictures()) == ([2, 5], (names[1], names[3]))
    assert (part.intrinsics, part.exposure) == (whole.intrinsics, 21)
    write_transforms(path, poses, intrinsics)
    bare = read_poses(path)
    assert (bare.exposure, bare.part(np.array([0])).times) == (None, None)
    with pytest.raises(FileError, match="names no pictures"):
        bare.named_pictures()


@pytest.mark.parametrize("exposure", [0, 2.5, "long", -3, [97]])
def test_exposures_that_are_no_number_of_frames_are_refused(tmp_path, exposure):
    path = tmp_path / "poses.json"
    frames = [{"transform_matrix": np.eye(4).tolist()}]
    path.write_text(json.dumps({"exposure": exposure, "frames": frames}))
    with pytest.raises(FileError, match=r'"exposure" is .*; expected a whole number of frames'):
        read_poses(path)
