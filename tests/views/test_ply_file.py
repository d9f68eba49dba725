"""Files of Gaussians: as the reference implementation lays them out, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.errors import FileError, ResourceError
from spikecam.views.gaussians import Gaussians
from spikecam.views.ply_file import read_ply, write_ply


def gaussians(seed=0, count=7, degree=3, channels=3):
    rng = np.random.default_rng(seed)
    shapes = [(count, 3), (count, 3), (count, 4), (count,), (count, (degree + 1) ** 2, channels)]
    return Gaussians(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


def arrays(scene):
    return [
        scene.means,
        scene.log_scales,
        scene.rotations,
        scene.opacity_logits,
        scene.harmonics,
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(0, 3), st.sampled_from([1, 3]))
@settings(max_examples=30)
def test_gaussians_come_back(tmp_path_factory, seed, count, degree, channels):
    path = tmp_path_factory.mktemp("ply") / "scene.ply"
    scene = gaussians(seed, count, degree, channels)
    write_ply(path, scene)
    again = read_ply(path)
    assert again.degree == degree
    for ours, theirs in zip(arrays(again), arrays(scene), strict=True):
        assert ours.flags.c_contiguous
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs)


def test_the_layout_is_that_of_the_reference_implementation(tmp_path):
    """Attributes in the order of `construct_list_of_attributes`, colours channel by channel."""
    scene = gaussians(degree=1)
    write_ply(tmp_path / "scene.ply", scene)
    head, body = (tmp_path / "scene.ply").read_bytes().split(b"end_header\n", 1)
    names = ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"]
    names += [f"f_rest_{i}" for i in range(9)]
    names += ["opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    assert head.decode().splitlines() == [
        "ply",
        "format binary_little_endian 1.0",
        "element vertex 7",
        *(f"property float {name}" for name in names),
    ]
    table = np.frombuffer(body, "<f4").reshape(7, len(names))
    columns = dict(zip(names, table.T, strict=True))
    # features_rest of the reference is (N, 3, 15) when it is flattened.
    for channel in range(3):
        np.testing.assert_array_equal(columns[f"f_dc_{channel}"], scene.harmonics[:, 0, channel])
        for i in range(3):
            name = f"f_rest_{channel * 3 + i}"
            np.testing.assert_array_equal(columns[name], scene.harmonics[:, 1 + i, channel])
    np.testing.assert_array_equal(columns["nx"], 0)
    np.testing.assert_array_equal(columns["opacity"], scene.opacity_logits)
    np.testing.assert_array_equal(columns["rot_0"], scene.rotations[:, 0])
    np.testing.assert_array_equal(columns["scale_2"], scene.log_scales[:, 2])


def test_gray_is_written_as_three_equal_channels(tmp_path):
    gray = gaussians(channels=1, degree=1)
    colour = Gaussians(*arrays(gray)[:4], np.repeat(gray.harmonics, 3, axis=2))
    write_ply(tmp_path / "gray.ply", gray)
    write_ply(tmp_path / "colour.ply", colour)
    assert (tmp_path / "gray.ply").read_bytes() == (tmp_path / "colour.ply").read_bytes()
    assert read_ply(tmp_path / "colour.ply").harmonics.shape == (7, 4, 1)


@pytest.fixture
def parts(tmp_path):
    """Header and body of a file of 7 Gaussians."""
    write_ply(tmp_path / "good.ply", gaussians(degree=1))
    head, _, body = (tmp_path / "good.ply").read_bytes().partition(b"end_header\n")
    return head, body


@pytest.fixture
def read(tmp_path):
    def save_and_read(head, body):
        path = tmp_path / "other.ply"
        path.write_bytes(head + b"end_header\n" + body)
        return read_ply(path)

    return save_and_read


def test_other_orders_types_and_elements_are_read(read):
    names = ["x", "y", "z", *(f"f_dc_{i}" for i in range(3)), "opacity"]
    names += [*(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4))]
    kinds = [("label", "u1"), *((name, "<f8") for name in reversed(names))]
    table = np.ones(3, kinds)
    table["f_dc_1"] = 0.5
    table["y"] = (1, 2, 3)
    head = b"ply\r\nformat binary_little_endian 1.0\r\ncomment of a tool\r\nelement vertex 3\r\n"
    head += b"property uchar label\r\n"
    head += b"".join(b"property double " + name.encode() + b"\r\n" for name in reversed(names))
    head += b"element camera 1\r\nproperty float focal\r\n"
    scene = read(head, table.tobytes() + b"1234")
    np.testing.assert_array_equal(scene.means, [(1, 1, 1), (1, 2, 1), (1, 3, 1)])
    np.testing.assert_array_equal(scene.harmonics[0], [(1, 0.5, 1)])
    table["z"] = 1e300
    with pytest.raises(FileError, match="z of Gaussian 0 is not finite"):
        read(head, table.tobytes() + b"1234")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"binary_little_endian", b"ascii", "format ascii"),
        (b"binary_little_endian", b"binary_big_endian", "format binary_big_endian"),
        (b"format binary_little_endian 1.0\n", b"", "format unknown"),
        (b"ply\n", b"PK\n", "not a .ply file"),
        (b"element vertex 7", b"element vertex 0", "holds no Gaussians"),
        (b"element vertex 7", b"element vertex -7", "holds no Gaussians"),
        (b"element vertex 7", b"element vertex many", "damaged header"),
        (b"element vertex 7\n", b"", "damaged header"),
        (b"element vertex 7", b"element", "damaged header"),
        (b"float x", b"quad x", "damaged header"),
        (b"float x", b"list uchar int x", "damaged header"),
        (b"float y", b"float x", "damaged header"),
        (b"format", b"nonsense here\nformat", "damaged header"),
        (b"float opacity", b"float alpha", "no property opacity"),
        (b"float f_rest_8", b"float rest", "8 properties f_rest"),
        (b"float f_rest_8", b"float f_rest_9", "no property f_rest_8"),
        (b"element vertex 7", b"element vertex 8", "damaged: 8 Gaussians"),
        (b"element vertex 7", b"element vertex 6", "damaged: 6 Gaussians"),
        (b"element vertex", b"element chunk 3\nproperty float a\nelement vertex", "compressed"),
        (b"element vertex", b"element camera 1\nproperty float a\nelement vertex", "begins with"),
    ],
)
def test_other_files_are_refused_in_one_sentence(parts, read, before, after, message):
    head, body = parts
    with pytest.raises(FileError, match=message) as caught:
        read(head.replace(before, after), body)
    assert "other.ply" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_meshes_and_point_clouds_are_refused_by_name(read):
    head = b"ply\nformat binary_little_endian 1.0\nelement vertex 1\n"
    head += b"property float x\nproperty float y\nproperty float z\n"
    with pytest.raises(FileError, match="is a point cloud"):
        read(head, bytes(12))
    head += b"element face 1\nproperty list uchar int vertex_indices\n"
    with pytest.raises(FileError, match="is a mesh"):
        read(head, bytes(25))


def test_a_file_that_was_cut_is_refused(parts, read, tmp_path):
    head, body = parts
    with pytest.raises(FileError, match="damaged"):
        read(head, body[:-1])
    with pytest.raises(FileError, match="header has no end"):
        (tmp_path / "cut.ply").write_bytes(head)
        read_ply(tmp_path / "cut.ply")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(tmp_path, value):
    scene = gaussians()
    scene.log_scales[4, 1] = value
    write_ply(tmp_path / "scene.ply", scene)
    with pytest.raises(FileError, match="scale_1 of Gaussian 4 is not finite"):
        read_ply(tmp_path / "scene.ply")


def test_a_rotation_without_length_is_refused(tmp_path):
    scene = gaussians()
    scene.rotations[2] = 0
    write_ply(tmp_path / "scene.ply", scene)
    with pytest.raises(FileError, match="rotation of 0 0 0 0"):
        read_ply(tmp_path / "scene.ply")


def test_missing_and_empty_files_are_refused(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        read_ply(tmp_path / "no.ply")
    (tmp_path / "empty.ply").touch()
    with pytest.raises(FileError, match="is empty"):
        read_ply(tmp_path / "empty.ply")


def test_a_scene_larger_than_the_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "scene.ply"
    write_ply(path, gaussians())
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: path.stat().st_size)
    with pytest.raises(ResourceError, match="a scene of 7 Gaussians needs"):
        read_ply(path)
