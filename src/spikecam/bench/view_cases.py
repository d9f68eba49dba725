"""Flights to measure new views on: a scene, its spikes, and clear views to judge by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import spikecam as sc
from spikecam.bench.views_options import ViewsOptions
from spikecam.encoding import SRGB
from spikecam.gray import as_gray
from spikecam.picture import Picture
from spikecam.sensor.sensor import resolve_sensor
from spikecam.views.camera import Camera
from spikecam.views.common_point import common_view_point
from spikecam.views.display_pictures import display_picture
from spikecam.views.fitting import FitOptions
from spikecam.views.flight import Flight, peak_threshold, simulate_flight
from spikecam.views.gaussian_flight import gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.initial_gaussians import scene_gaussians
from spikecam.views.motion_in_window import motion_per_frame
from spikecam.views.observations import (
    SensorScale,
)
from spikecam.views.orbit import orbit_around_cameras
from spikecam.views.ply_file import read_ply, write_ply
from spikecam.views.posed_data_set import fit_to_pictures, read_posed_data_set
from spikecam.views.rendering import render
from spikecam.views.street_scene import street_flight, street_scene, street_test_cameras

Say = Callable[[str], None]

# The sensor: noise as in Spike-GOPRO, and spikes a frame of the brightest light.
PRESET, PEAK_RATE = "s-sdm", 0.35
# The orbit of a data set: turns, and elevations in degrees from start to end.
_TURNS, _ELEVATIONS = 3.0, (8.0, 55.0)
# Test views of the street scene.
_TEST_VIEWS = 20


@dataclass(frozen=True, eq=False)
class ViewCase:
    """A recorded flight, and views to judge by.

    Attributes:
        name: of the scene.
        flight: the camera and the scene.
        stream: its spikes.
        scale: of the sensor.
        motion: in the picture, in pixels a frame.
        tests: cameras and clear gray pictures.
    """

    name: str
    flight: Flight
    stream: sc.SpikeStream
    scale: SensorScale
    motion: float
    tests: Sequence[tuple[Camera, Picture]]


def make_view_case(options: ViewsOptions, say: Say) -> ViewCase:
    """Simulate the flight of a scene."""
    if options.data is None:
        height, width = options.size or (250, 400)
        scene = street_scene()
        camera_at = street_flight(options.frames, width=width, height=height)
        flight = Flight(scene.render, scene.depth, camera_at, options.frames)
        cameras = street_test_cameras(_TEST_VIEWS, width=width, height=height)
        tests = [(camera, clear_view(flight, camera)) for camera in cameras]
        name = "the street scene"
    else:
        flight, tests = _flight_of_data_set(options, say)
        name = f"{options.data.name}, NeRF synthetic"
    say("simulating the flight")
    threshold = peak_threshold(flight, PRESET, PEAK_RATE)
    stream = simulate_flight(flight, PRESET, threshold=threshold)
    sensor = resolve_sensor(PRESET)
    assert sensor.spurious_gap is not None
    scale = SensorScale(sensor.gain / threshold, 1 / sensor.spurious_gap[0])
    cameras = cameras_of_flight(flight, 60)
    points, _ = random_scene(cameras, 400)
    motion = motion_per_frame(flight.camera_at, points.means, 0, options.frames - 1)
    return ViewCase(name, flight, stream, scale, motion, tests)


def score_scene(scene: Gaussians, tests: Sequence[tuple[Camera, Picture]]) -> dict[str, float]:
    """Mean PSNR and SSIM of a scene on clear views."""
    pairs = [(display_picture(render(scene, camera)), truth) for camera, truth in tests]
    return {
        "PSNR": float(np.mean([sc.psnr(view, truth, data_range=1) for view, truth in pairs])),
        "SSIM": float(np.mean([sc.ssim(view, truth, data_range=1) for view, truth in pairs])),
    }


def random_scene(cameras: Sequence[Camera], count: int) -> tuple[Gaussians, float]:
    """So many gray Gaussians to start from, and the distance of the scene."""
    common = common_view_point(np.stack([camera.world_to_camera for camera in cameras]))
    rng = np.random.default_rng(0)
    return scene_gaussians(cameras, common, count, degree=1, channels=1, rng=rng)


def cameras_of_flight(flight: Flight, count: int) -> list[Camera]:
    """Cameras at even times of a flight."""
    times = np.linspace(0, flight.frame_count - 1, count)
    return [flight.camera_at(float(t)) for t in times]


def clear_view(flight: Flight, camera: Camera) -> Picture:
    """A clear gray picture of what a flight is through."""
    return gray_picture(np.clip(SRGB.encode(np.clip(flight.render(camera), 0, 1)), 0, 1))


def gray_picture(picture: Picture) -> Picture:
    """Gray of the light of a picture, encoded again, as the spike camera weighs colours."""
    if picture.ndim == 2:
        return np.asarray(picture, np.float32)
    return np.asarray(SRGB.encode(as_gray(SRGB.decode(picture))), np.float32)


def _flight_of_data_set(
    options: ViewsOptions, say: Say
) -> tuple[Flight, list[tuple[Camera, Picture]]]:
    assert options.data is not None
    train, test = read_posed_data_set(options.data, options.size or (200, 200))
    if test is None:
        raise sc.FileError(f"{options.data} has no transforms_test.json, whose views are judged by")
    cameras = train.cameras()
    if options.truth is not None and options.truth.exists():
        scene = read_ply(options.truth)
    else:
        say("fitting the truth to the data set's pictures")
        light = (SRGB.decode(_gray_values(picture)) for picture in train.iter_light())
        fit_options = FitOptions(steps=options.truth_steps, gaussians=int(1.5 * options.gaussians))
        fit = fit_to_pictures(light, cameras, fit_options)
        for _ in range(options.truth_steps):
            fit.step()
        scene = fit.gaussians
        if options.truth is not None:
            write_ply(options.truth, scene)
    tests = list(zip(test.cameras(), map(_gray_values, test.iter_light()), strict=True))
    scores = score_scene(scene, tests)
    say(f"the truth: {scores['PSNR']:.2f} dB on the test views")
    last = options.frames - 1
    poses = train.poses.world_to_camera
    path = orbit_around_cameras(poses, last, elevation=_ELEVATIONS, turns=_TURNS)
    intrinsics = cameras[0].intrinsics

    def camera_at(moment: float) -> Camera:
        return path.camera_at(min(max(moment, 0.0), float(last)), intrinsics)

    return gaussian_flight(scene, camera_at, options.frames), tests


def _gray_values(light: Picture) -> Picture:
    """Gray of the values of a picture, as the data set's users weigh them."""
    return as_gray(np.clip(SRGB.encode(light), 0, 1))
