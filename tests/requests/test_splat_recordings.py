"""Observations of recordings, photographs and pictures are what the true scene shows there."""

import json

import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import GeometryError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.requests.recording_file import RecordingFile
from spikecam.requests.splat import (
    SplatRequest,
)
from spikecam.requests.splat_options import SplatOptions
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.fitting import FitOptions
from spikecam.views.flight import peak_threshold, simulate_flight
from spikecam.views.gaussian_flight import gaussian_flight
from spikecam.views.motion_in_window import MAX_VIEW_MOTION
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_files.nerf import read_transforms, write_transforms

LENS = Intrinsics.from_field_of_view(36, 32, 0.8)
PATH = orbit_path((2, 0, -1), 3.2, 300, turns=0.3, elevation=(10, 40))
GAIN = 1.98543 / 2


def camera_at(time):
    return PATH.camera_at(time, LENS)


def options(steps=20, gaussians=300, **changes):
    return SplatOptions(fit=FitOptions(steps=steps, gaussians=gaussians), **changes)


def spikes_of(folder):
    return [RecordingFile(folder / "spikes.dat")]


def white_rate_of(folder):
    """Spikes a frame of light 1."""
    return GAIN / json.loads((folder / "flight.json").read_text())["threshold"]


def errors_of_truth(checked, truth):
    """Root mean squares of what the true scene leaves of each observation that has weight."""
    checked.fit.gaussians = truth
    errors = []
    for one in checked.fit.observations:
        weight = np.broadcast_to(one.weight, one.target.shape)
        difference = checked.fit.predicted_light(one) - one.target
        errors.append(float(np.sqrt((weight * difference**2).sum() / weight.sum())))
    return np.array(errors)


def test_windows_of_a_flight_are_what_the_scene_shows_there(ball, flight_folder):
    rate = white_rate_of(flight_folder)
    request = SplatRequest(
        spikes_of(flight_folder),
        flight_folder / "transforms.json",
        options=options(white_rate=rate, window=21, windows=8),
    )
    checked = request.check()
    assert len(checked.fit.observations) == 8
    assert checked.facts[1].startswith("8 windows of 21 frames")
    assert errors_of_truth(checked, ball).max() < 0.045


def test_by_default_windows_are_as_long_as_things_stand_still(flight_folder):
    request = SplatRequest(
        spikes_of(flight_folder), flight_folder / "transforms.json", options=options()
    )
    fact = request.check().facts[1]
    window = int(fact.split(" windows of ")[1].split()[0])
    motion = float(fact.split(" by about ")[1].split()[0])
    assert 9 <= window <= 41
    assert motion == pytest.approx(MAX_VIEW_MOTION, abs=0.3)


def test_a_fast_window_is_the_mean_of_views_along_the_path(ball, flight_folder):
    poses = flight_folder / "transforms.json"
    values = {"white_rate": white_rate_of(flight_folder), "window": 121, "windows": 5}
    errors = []
    for views in (None, 1):
        setting = options(views=views, **values)
        checked = SplatRequest(spikes_of(flight_folder), poses, options=setting).check()
        errors.append(errors_of_truth(checked, ball).mean())
    assert errors[0] < 0.6 * errors[1]


def test_photographs_give_colours_with_the_blur_of_their_exposure(ball, flight_folder):
    photographs = flight_folder / "transforms_photographs.json"
    errors, facts = [], []
    for views in (12, None, 1):
        checked = SplatRequest(
            spikes_of(flight_folder),
            flight_folder / "transforms.json",
            photographs,
            options=options(windows=4, views=views),
        ).check()
        facts.append(checked.facts[2])
        assert checked.fit.gaussians.harmonics.shape[2] == 3
        pictures = [one for one in checked.fit.observations if len(one.target) == 3]
        assert len(pictures) == 5
        checked.fit.observations = pictures
        errors.append(errors_of_truth(checked, ball).mean())
    assert facts[1] == "5 photographs, exposed for 101 frames; views of each: 5"
    assert errors[0] < 0.005
    assert errors[1] < 0.5 * errors[2]


def test_a_part_of_a_recording_is_fitted_with_the_poses_of_that_part(ball, flight_folder, tmp_path):
    poses = read_transforms(flight_folder / "transforms.json")
    part = poses.part(np.arange(6, 25))
    write_transforms(tmp_path / "part.json", part.world_to_camera, LENS, times=part.times)
    checked = [
        SplatRequest(
            spikes_of(flight_folder),
            path,
            flight_folder / "transforms_photographs.json",
            frames="61:240",
            options=options(window=21, windows=4, white_rate=white_rate_of(flight_folder)),
        ).check()
        for path in (tmp_path / "part.json", flight_folder / "transforms.json")
    ]
    windows = checked[0].fit.observations[:4]
    assert [one.times for one in windows] == [(71.0,), (124.0,), (176.0,), (229.0,)]
    # Photographs of 100:201; those of 0:101 and so on are not within the frames.
    (photograph,) = checked[0].fit.observations[4:]
    assert np.mean(photograph.times) == pytest.approx(150)
    np.testing.assert_array_equal(checked[1].scene.pose_times, part.times)
    assert errors_of_truth(checked[0], ball).max() < 0.05
    np.testing.assert_allclose(
        errors_of_truth(checked[0], ball), errors_of_truth(checked[1], ball), atol=1e-3
    )


def test_pictures_of_a_part_of_a_recording_are_made_within_it(flight_folder):
    setting = options(method="tfp", window=21, windows=500)
    request = SplatRequest(
        spikes_of(flight_folder),
        flight_folder / "transforms.json",
        frames=(61, 240),
        options=setting,
    )
    times = [one.times[0] for one in request.check().fit.observations]
    assert times == list(range(71, 230))


def test_photographs_say_what_white_fires(flight_folder):
    checked = SplatRequest(
        spikes_of(flight_folder),
        flight_folder / "transforms.json",
        flight_folder / "transforms_photographs.json",
        options=options(windows=4, exposure=101),
    ).check()
    measured = float(checked.facts[0].split()[2])
    assert measured == pytest.approx(white_rate_of(flight_folder), rel=0.06)


def test_two_stage_pictures_are_those_of_the_method(ball, flight_folder):
    setting = options(method="tfp", window=21, windows=6, white_rate=white_rate_of(flight_folder))
    poses = flight_folder / "transforms.json"
    checked = SplatRequest(spikes_of(flight_folder), poses, options=setting).check()
    first = checked.fit.observations[0]
    (frame,) = first.times
    assert 10 <= frame <= 290
    picture = sc.reconstruct(sc.open(flight_folder / "spikes.dat"), int(frame), "tfp", window=21)
    dark = float(checked.facts[0].split()[-2])
    light = (picture - dark) / white_rate_of(flight_folder)
    np.testing.assert_allclose(first.target[0], light, atol=2e-3)
    assert not first.is_count
    assert errors_of_truth(checked, ball).max() < 0.06


def test_a_mosaic_of_colours_gives_colours(ball, flight_folder):
    flight = gaussian_flight(ball, camera_at, 301)
    threshold = peak_threshold(flight, "s-sdm", 0.5, bayer=True)
    stream = simulate_flight(flight, threshold=threshold, bayer=True)
    setting = options(bayer=True, white_rate=GAIN / threshold, window=21, windows=6)
    checked = SplatRequest([stream], flight_folder / "transforms.json", options=setting).check()
    assert checked.fit.gaussians.harmonics.shape[2] == 3
    assert errors_of_truth(checked, ball).max() < 0.05
    # Red and blue in the place of each other do not fit.
    swapped = type(ball)(*ball.parameters()[:4], np.ascontiguousarray(ball.harmonics[..., ::-1]))
    assert errors_of_truth(checked, swapped).min() > 0.08


def test_a_fixed_pattern_is_corrected(ball, flight_folder):
    flight = gaussian_flight(ball, camera_at, 301)
    fpn = FixedPattern.random((32, 36), 3)
    stream = simulate_flight(flight, threshold=2.0, fpn=fpn)
    setting = options(white_rate=GAIN / 2, window=41, windows=6)
    errors = []
    for pattern in (fpn, None):
        request = SplatRequest(
            [stream], flight_folder / "transforms.json", options=setting, fpn=pattern
        )
        errors.append(errors_of_truth(request.check(), ball).mean())
    assert errors[0] < 0.8 * errors[1]


def still_recordings(scene, poses, frames=120):
    flights = [
        gaussian_flight(scene, lambda _, pose=pose: Camera(LENS, pose), frames) for pose in poses
    ]
    return [simulate_flight(one, threshold=2.0, seed=i) for i, one in enumerate(flights)]


@pytest.mark.parametrize("method", ["charge", "tfp"])
def test_recordings_of_still_cameras_are_observed_from_their_poses(ball, tmp_path, method):
    poses = PATH.pose_at(np.linspace(0, 300, 4))
    write_transforms(tmp_path / "poses.json", poses, LENS)
    streams = still_recordings(ball, poses)
    setting = options(white_rate=GAIN / 2, method=method)
    checked = SplatRequest(streams, tmp_path / "poses.json", options=setting).check()
    assert [one.times for one in checked.fit.observations] == [(0,), (1,), (2,), (3,)]
    assert errors_of_truth(checked, ball).max() < 0.04
    with pytest.raises(OptionError, match="has 4 poses, and there are 3 recordings"):
        SplatRequest(streams[:3], tmp_path / "poses.json").check()
    streams[2] = sc.SpikeStream.from_array(np.ones((120, 8, 9)))
    with pytest.raises(GeometryError, match="recording 2 is of 9x8, and the first of 36x32"):
        SplatRequest(streams, tmp_path / "poses.json").check()


def test_plain_pictures_are_observed_as_light(ball, flight_folder):
    checked = SplatRequest([], flight_folder / "transforms_clear.json", options=options()).check()
    assert checked.facts[0] == "5 pictures"
    assert errors_of_truth(checked, ball).max() < 1e-3
