import json
from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.encoding import SRGB
from spikecam.views.camera import Camera
from spikecam.views.flight import photographs_of_flight, resized_camera
from spikecam.views.flight_folder import FlightOptions, replaceable_files, write_flight
from spikecam.views.pose_files.nerf import read_transforms

OPTIONS = FlightOptions(preset="gen2", photographs=3, exposure=21, scale=2, pose_step=50, seed=4)


def read_json(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def test_cameras(small_flight):
    pose = small_flight.camera_at(60).world_to_camera.copy()
    pose[1, 3] = 0.3
    return [Camera(small_flight.camera_at(0).intrinsics, pose)]


@pytest.fixture(scope="module")
def folder(small_flight, test_cameras, tmp_path_factory):
    path = tmp_path_factory.mktemp("flight") / "out"
    assert write_flight(path, small_flight, OPTIONS, test_cameras=test_cameras) == path
    return path


def test_the_folder_holds_what_is_said(folder):
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    pictures = {f"{name}/{i:03d}.png" for name in ("photographs", "clear") for i in range(3)}
    transforms = {f"transforms{kind}.json" for kind in ("", "_photographs", "_clear", "_test")}
    recording = {"spikes.dat", "spikes.dat.json", "fixed_pattern.npz", "flight.json"}
    assert files == pictures | transforms | recording | {"test/000.png"}


def test_the_recording_is_that_of_the_flight(folder, small_flight):
    spikes = sc.open(folder / "spikes.dat")
    assert (spikes.shape, spikes.rate) == ((120, 32, 48), 20_000)
    manifest = read_json(folder / "flight.json")
    pattern = sc.FixedPattern.load(folder / "fixed_pattern.npz")
    assert manifest["frames"] == 120
    assert manifest["colours"] == "gray"
    assert manifest["fixed pattern"] == pattern.digest()
    assert FlightOptions(**manifest["options"]) == OPTIONS
    assert 1 < manifest["threshold"] < 4
    rate = np.asarray(spikes).mean(0)
    assert 0.2 < np.quantile(rate, 0.99) < 0.45


def test_poses_are_in_the_axes_of_nerf(folder, small_flight):
    content = read_json(folder / "transforms.json")
    assert [frame["time"] for frame in content["frames"]] == [0, 50, 100, 119]
    lens = small_flight.camera_at(0).intrinsics
    assert (content["w"], content["h"], content["fl_x"]) == (lens.width, lens.height, lens.fx)
    assert (content["fl_y"], content["cx"], content["cy"]) == (lens.fy, lens.cx, lens.cy)
    assert content["camera_angle_x"] == pytest.approx(2 * np.arctan(48 / 80))
    matrix = np.array(content["frames"][1]["transform_matrix"])
    camera = small_flight.camera_at(50)
    assert matrix[:3, 3] == pytest.approx(camera.centre)
    # Up and backward in the picture.
    assert matrix[:3, 1] == pytest.approx(-camera.world_to_camera[1, :3])
    assert matrix[:3, 2] == pytest.approx(-camera.world_to_camera[2, :3])


def test_every_file_of_poses_is_read_again(folder, small_flight):
    poses = read_transforms(folder / "transforms.json")
    assert poses.intrinsics == small_flight.camera_at(0).intrinsics
    assert poses.world_to_camera[2] == pytest.approx(small_flight.camera_at(100).world_to_camera)
    for kind in ("photographs", "clear", "test"):
        assert all(
            path.exists() for path in read_transforms(folder / f"transforms_{kind}.json").pictures
        )


def test_photographs_and_clear_views_are_of_their_exposures(folder, small_flight):
    blurry = read_json(folder / "transforms_photographs.json")
    clear = read_json(folder / "transforms_clear.json")
    exposures = read_json(folder / "flight.json")["exposures"]
    assert exposures == [[0, 21], [50, 71], [99, 120]]
    assert [frame["time"] for frame in blurry["frames"]] == [10, 60, 109]
    assert (blurry["w"], blurry["h"], blurry["fl_x"]) == (96, 64, 80)
    (photograph,) = photographs_of_flight(small_flight, [(50, 71)], scale=2)
    file = folder / blurry["frames"][1]["file_path"]
    assert sc.read_picture(file) == pytest.approx(photograph, abs=1e-4)
    sharp = SRGB.encode(small_flight.render(resized_camera(small_flight.camera_at(60), 2)))
    file = folder / clear["frames"][1]["file_path"]
    assert sc.read_picture(file) == pytest.approx(sharp, abs=1e-4)
    assert clear["frames"][1]["transform_matrix"] == blurry["frames"][1]["transform_matrix"]


def test_test_views_are_those_of_other_cameras(folder, small_flight, test_cameras):
    content = read_json(folder / "transforms_test.json")
    assert "time" not in content["frames"][0]
    view = SRGB.encode(small_flight.render(test_cameras[0]))
    file = folder / content["frames"][0]["file_path"]
    assert sc.read_picture(file) == pytest.approx(view, abs=1e-4)


def test_a_folder_in_use_is_refused(folder, small_flight):
    with pytest.raises(sc.OutputError, match="in use"):
        write_flight(folder, small_flight, OPTIONS)


def test_a_flight_that_fails_leaves_nothing(tmp_path, small_flight):
    def progress(frames):
        yield from frames[:50]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_flight(tmp_path / "out", small_flight, OPTIONS, progress=progress)
    assert not list(tmp_path.iterdir())


def test_progress_is_that_of_frames_and_then_of_photographs(tmp_path, small_flight):
    lengths = []

    def progress(sequence):
        lengths.append(len(sequence))
        return iter(sequence)

    flight = replace(small_flight, frame_count=30)
    options = FlightOptions(preset="ideal", photographs=2, exposure=5)
    write_flight(tmp_path / "out", flight, options, progress=progress)
    assert lengths == [30, 2]


def test_a_flight_shorter_than_an_exposure_has_no_photographs(tmp_path, small_flight):
    flight = replace(small_flight, frame_count=2)
    options = FlightOptions(preset="ideal", photographs=0, exposure=97)
    write_flight(tmp_path / "out", flight, options)
    assert len(sc.open(tmp_path / "out" / "spikes.dat")) == 2


def test_without_photographs_and_test_views_there_are_spikes_and_poses(tmp_path, small_flight):
    options = FlightOptions(preset="ideal", photographs=0, bayer=True, seed=1)
    write_flight(tmp_path / "out", small_flight, options)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "spikes.dat",
        "spikes.dat.json",
        "transforms.json",
        "flight.json",
    }
    assert read_json(tmp_path / "out" / "flight.json")["colours"] == "RGGB"


def test_a_gray_scene_has_gray_photographs(tmp_path, small_flight):
    flight = replace(small_flight, render=lambda camera: small_flight.render(camera)[..., :1])
    options = FlightOptions(preset="ideal", photographs=1, exposure=5)
    write_flight(tmp_path / "out", flight, options)
    for name in ("photographs", "clear"):
        assert sc.read_picture(tmp_path / "out" / name / "000.png").shape == (32, 48)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"exposure": 121}, "longer than the flight of 120"),
        ({"exposure": 119, "photographs": 3}, "choose fewer photographs"),
    ],
)
def test_exposures_that_do_not_fit_the_flight_are_refused(tmp_path, small_flight, options, message):
    with pytest.raises(sc.OptionError, match=message):
        write_flight(tmp_path / "out", small_flight, FlightOptions(**options))


@pytest.mark.parametrize(
    "options",
    [
        {"preset": "other"},
        {"peak_rate": 0},
        {"rate": -1},
        {"photographs": -1},
        {"exposure": 0},
        {"scale": 0},
        {"encoding": "other"},
        {"encoding": "curve.json"},
        {"pose_step": 0},
        {"seed": -1},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(sc.OptionError):
        FlightOptions(**options)


def test_cameras_of_different_sizes_are_refused(tmp_path, small_flight):
    camera = small_flight.camera_at(0)
    options = FlightOptions(preset="ideal", photographs=0)
    with pytest.raises(sc.OptionError, match="same intrinsics"):
        write_flight(
            tmp_path / "out",
            small_flight,
            options,
            test_cameras=[camera, resized_camera(camera, 2)],
        )
    assert not list(tmp_path.iterdir())


def test_light_of_test_views_may_be_given(tmp_path, small_flight, test_cameras):
    flight = replace(small_flight, frame_count=2)
    options = FlightOptions(preset="ideal", photographs=0, encoding="linear")
    light = np.random.default_rng(0).uniform(size=(32, 48, 3)).astype(np.float32)
    out = tmp_path / "out"
    write_flight(out, flight, options, test_cameras=test_cameras, test_light=iter([light]))
    np.testing.assert_allclose(sc.read_picture(out / "test" / "000.png"), light, atol=1e-4)


def test_a_folder_of_a_flight_alone_is_replaced_on_request(tmp_path, small_flight, test_cameras):
    out, flight = tmp_path / "out", replace(small_flight, frame_count=9)
    options = FlightOptions(preset="ideal", photographs=2, exposure=3)
    write_flight(out, flight, options, test_cameras=test_cameras)
    write_flight(out, flight, replace(options, photographs=0), overwrite=True)
    assert not (out / "clear").exists()
    for name in ("notes.txt", "photographs/notes.txt"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("mine")
        with pytest.raises(sc.OutputError, match="not replaced because it holds"):
            write_flight(out, flight, options, overwrite=True)
        (out / name).unlink()
    is_replaceable = replaceable_files(True)
    assert replaceable_files(False) is replaceable_files(None) is None
    assert is_replaceable(out / "transforms_test.json")
    assert not is_replaceable(out / "transforms_train.json")
