"""Requests for scenes that are refused, each in a sentence."""

import json
from dataclasses import asdict

import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import FileError, GeometryError, OptionError, RangeError, ResourceError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.pictures import write_picture
from spikecam.requests.recording_file import RecordingFile
from spikecam.requests.splat import (
    SplatRequest,
)
from spikecam.requests.splat_options import SplatOptions
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.camera import Intrinsics
from spikecam.views.fitting import FitOptions
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_files.nerf import read_transforms, write_transforms

LENS = Intrinsics.from_field_of_view(36, 32, 0.8)
PATH = orbit_path((2, 0, -1), 3.2, 300, turns=0.3, elevation=(10, 40))


def options(steps=20, gaussians=300, **changes):
    return SplatOptions(fit=FitOptions(steps=steps, gaussians=gaussians), **changes)


def spikes_of(folder):
    return [RecordingFile(folder / "spikes.dat")]


@pytest.fixture
def poses_of(tmp_path):
    def write(matrices=PATH.world_to_camera, times=PATH.times):
        write_transforms(tmp_path / "poses.json", matrices, LENS, times=times)
        return tmp_path / "poses.json"

    return write


def lit_stream(frames=301, shape=(32, 36)):
    return simulate([np.full(shape, 0.5, np.float32)] * frames, "ideal")


def turning_camera():
    matrices = PATH.world_to_camera.copy()
    matrices[:, :3, 3] = -(matrices[:, :3, :3] @ np.array([1.0, 2, 3]))
    return matrices


def standing_camera():
    return np.repeat(PATH.world_to_camera[:1], len(PATH.times), axis=0)


def other_convention():
    return np.diag([1.0, -1, -1, 1]) @ PATH.world_to_camera


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (
            {"times": PATH.times + 20},
            RangeError,
            "0 to 300; choose these by --frames 20:301",
        ),
        ({"times": PATH.times + 900}, RangeError, "none of frames 0 to 300; give the times in"),
        ({"times": PATH.times / 300}, RangeError, "poses.json cover"),
        ({"times": None}, FileError, "has no times, and a path between its poses needs them"),
        ({"matrices": standing_camera()}, OptionError, "stands still, and without parallax"),
        ({"matrices": turning_camera()}, OptionError, "only turns, and without parallax"),
        ({"matrices": other_convention()}, OptionError, "convention|behind|axes"),
        (
            {"matrices": PATH.world_to_camera[:2], "times": [0, 300]},
            OptionError,
            "3 views or more, not 2; give more poses",
        ),
    ],
)
def test_poses_that_show_no_scene_are_refused(poses_of, change, error, words):
    with pytest.raises(error, match=words):
        SplatRequest([lit_stream()], poses_of(**change), options=options()).check()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_poses_that_are_not_finite_are_refused(poses_of, value):
    path = poses_of()
    content = json.loads(path.read_text())
    content["frames"][1]["transform_matrix"][0][3] = value
    path.write_text(json.dumps(content))
    with pytest.raises(FileError, match="not finite at pose 1"):
        SplatRequest([lit_stream()], path, options=options()).check()


def test_a_dark_recording_is_refused(poses_of):
    dark = sc.SpikeStream.from_array(np.zeros((301, 32, 36)))
    with pytest.raises(OptionError, match="the recording is dark: its brightest pixels fire 0"):
        SplatRequest([dark], poses_of(), options=options()).check()
    with pytest.raises(OptionError, match="the recording is dark"):
        SplatRequest([lit_stream()], poses_of(), options=options(dark_rate=0.9)).check()


def test_sizes_that_do_not_fit_are_refused(poses_of):
    with pytest.raises(GeometryError, match="another shape than 20x32"):
        SplatRequest([lit_stream(shape=(32, 20))], poses_of(), options=options()).check()
    pattern = FixedPattern.random((10, 10), 0)
    with pytest.raises(GeometryError, match="10x10"):
        SplatRequest([lit_stream()], poses_of(), options=options(), fpn=pattern).check()


def test_photographs_that_do_not_fit_are_refused(flight_folder, tmp_path):
    def request(photographs, **changes):
        return SplatRequest(
            spikes_of(flight_folder),
            flight_folder / "transforms.json",
            photographs,
            options=options(windows=2, **changes),
        )

    photographs = flight_folder / "transforms_photographs.json"
    with pytest.raises(OptionError, match="has an exposure of 101 frames, not 161; leave out"):
        request(photographs, exposure=161).check()
    with pytest.raises(FileError, match="names no pictures"):
        request(flight_folder / "transforms.json").check()
    poses = read_transforms(photographs)
    names = [tmp_path / f"{i}.png" for i in range(5)]
    for i, name in enumerate(names):
        write_picture(name, np.full((32, 36 + (i == 3), 3), 0.0))
    others = tmp_path / "others.json"
    write_transforms(others, poses.world_to_camera, LENS, pictures=names)
    with pytest.raises(FileError, match=r"others.json has no times of photographs"):
        request(others).check()
    write_transforms(others, poses.world_to_camera, LENS, pictures=names, times=poses.times)
    with pytest.raises(OptionError, match=r"others.json does not say how long .* by --exposure"):
        request(others).check()
    with pytest.raises(RangeError, match="of time 50, with an exposure of 161 frames, leaves"):
        request(others, exposure=161).check()
    with pytest.raises(GeometryError, match=r"3.png is of 37x32, and .*0.png of 36x32"):
        request(others, exposure=101).check()
    write_picture(names[3], np.full((32, 36, 3), 0.0))
    with pytest.raises(OptionError, match="the photographs are dark"):
        request(others, exposure=101).check()
    names[2].unlink()
    with pytest.raises(FileError, match=r"2\.png"):
        request(others, exposure=101).check()


@pytest.mark.parametrize(
    ("frames", "error", "words"),
    [
        ("20:400", RangeError, "frames 20:400 leaves the recording, whose frames are 0:301"),
        ((20, 400), RangeError, "frames 20:400 are not in the recording"),
        ("7", OptionError, "frames 7: expected START:STOP"),
        ((0, 5), OptionError, "3 views or more, not 2"),
        ((0, 20), RangeError, "a window of 21 frames is longer than the recording of 20"),
    ],
)
def test_frames_that_cannot_be_are_refused(poses_of, frames, error, words):
    request = SplatRequest([lit_stream()], poses_of(), frames=frames, options=options(window=21))
    with pytest.raises(error, match=words):
        request.check()


def test_photographs_beside_the_frames_are_refused(flight_folder):
    photographs = flight_folder / "transforms_photographs.json"
    request = SplatRequest(
        spikes_of(flight_folder), flight_folder / "transforms.json", photographs, frames="60:160"
    )
    with pytest.raises(RangeError, match=r"no photograph .* within the frames 60:160"):
        request.check()


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"window": 302}, RangeError, "window of 302 frames is longer than the recording of 301"),
        ({"method": "tfp", "window": 303}, RangeError, "303"),
        ({"gaussians": 10**10}, ResourceError, "a scene of 10,000,000,000 Gaussians needs"),
        ({"views": 10**9}, ResourceError, r"windows of 36x32 needs .* fewer --views"),
        ({"gaussians": 3}, OptionError, "at least 4 Gaussians, not 3"),
    ],
)
def test_options_that_do_not_fit_the_recording_are_refused(poses_of, changes, error, words):
    with pytest.raises(error, match=words):
        SplatRequest([lit_stream()], poses_of(), options=options(**changes)).check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window": 0}, "window is at least 1, not 0"),
        ({"windows": -1}, "windows is at least 1"),
        ({"degree": 4}, "0 to 3, not 4"),
        ({"white_rate": float("nan")}, "white fires above 0"),
        ({"dark_rate": -0.1}, "the dark fires from 0"),
        ({"encoding": "none"}, "none"),
        ({"method": "none"}, "none"),
        ({"method": "tfp", "bayer": True}, "pictures of tfp do not know a mosaic"),
        ({"steps": 0}, "steps and gaussians are at least 1, not 0 and 300"),
    ],
)
def test_options_that_cannot_be_are_refused(changes, words):
    with pytest.raises(OptionError, match=words):
        options(**changes)


def test_requests_that_contradict_themselves_are_refused(poses_of, flight_folder):
    clear, path = flight_folder / "transforms_clear.json", poses_of()
    with pytest.raises(OptionError, match="photographs are of the flight of one recording"):
        SplatRequest([], clear, photographs=clear).check()
    with pytest.raises(OptionError, match="leave them out for plain pictures"):
        SplatRequest([], clear, options=options(bayer=True)).check()
    with pytest.raises(FileError, match="names no pictures"):
        SplatRequest([], path).check()
    with pytest.raises(OptionError, match="an exposure is of photographs; leave it out"):
        SplatRequest([lit_stream()], path, options=options(exposure=9)).check()
    with pytest.raises(OptionError, match="frames are of the one recording of a camera that flies"):
        SplatRequest([], clear, frames="0:3").check()
    with pytest.raises(OptionError, match="within exposures are fitted to plain pictures"):
        SplatRequest([lit_stream()], path, options=options(exposure_poses=True)).check()
    with pytest.raises(OptionError, match="field of view is between 0 and 180"):
        SplatRequest([lit_stream()], path, fov=200.0).check()


def test_memory_is_asked_for_before_it_is_taken(poses_of, monkeypatch):
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: 10**6)
    small = options(gaussians=100)
    SplatRequest([lit_stream()], poses_of(), options=small).check()
    monkeypatch.setattr("spikecam.resources.total_memory_bytes", lambda: 10**5)
    with pytest.raises(ResourceError, match=r"windows of 36x32 needs"):
        SplatRequest([lit_stream()], poses_of(), options=small).check()


def test_values_of_options_are_those_of_the_fit_too():
    setting = options(steps=7, degree=2)
    assert setting.values() == {
        **{name: value for name, value in asdict(setting).items() if name != "fit"},
        **asdict(setting.fit),
    }
