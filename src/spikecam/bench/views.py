"""New views of a scene that a spike camera flew around, by what Gaussians are fitted to.

The flight is simulated from clear views: of the street scene, whose truth is not Gaussians, or of a
fit to all pictures of a data set. Test views are the scene's own, and those of the data set.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import spikecam as sc
from spikecam.bench.published_figures import NOTE, view_figures
from spikecam.bench.report import Report, Table
from spikecam.bench.views_options import ViewsOptions
from spikecam.encoding import SRGB
from spikecam.gray import as_gray
from spikecam.picture import Picture
from spikecam.sensor.sensor import resolve_sensor
from spikecam.views.camera import Camera
from spikecam.views.common_point import common_view_point
from spikecam.views.display_pictures import display_picture
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.flight import Flight, peak_threshold, photographs_of_flight, simulate_flight
from spikecam.views.gaussian_flight import gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.initial_gaussians import scene_gaussians
from spikecam.views.motion_in_window import choose_views, choose_window, motion_per_frame
from spikecam.views.observations import (
    Observation,
    SensorScale,
    observe_pictures,
    observe_windows,
    window_times,
)
from spikecam.views.orbit import orbit_around_cameras
from spikecam.views.picture_loss import PictureLoss
from spikecam.views.posed_data_set import fit_to_pictures, read_posed_data_set
from spikecam.views.rendering import render
from spikecam.views.spike_nerf_icme import SpikeNerfLoss, observe_spike_nerf
from spikecam.views.spikegs import observe_spikegs
from spikecam.views.spikenerf_cvpr import observe_spike_counts, spike_count_loss
from spikecam.views.street_scene import street_flight, street_scene, street_test_cameras
from spikecam.views.view_loss import ViewLoss, observed_light_loss

Say = Callable[[str], None]

# The sensor: noise as in Spike-GOPRO, and spikes a frame of the brightest light.
PRESET, PEAK_RATE = "s-sdm", 0.35
# The orbit of a data set: turns, and elevations in degrees from start to end.
_TURNS, _ELEVATIONS = 3.0, (8.0, 55.0)
# Windows of spikes, frames of the flight for each photograph and of its exposure, and test views of
# the street scene.
_WINDOWS, _PHOTOGRAPH_FRAMES, _EXPOSURE, _TEST_VIEWS = 600, 60, 97, 20
# Windows of TFP in frames: about the best of 9, 21 and 33 for two stages.
_TFP_WINDOW = 21
# Frames in which a pixel that fires once at most is black to Spike-NeRF; with fewer, dim ones are.
_MASK_FRAMES = 41
# Frames around a moment that the losses of the papers need in the recording.
_LONG_WINDOW = 41


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


def score_views(
    options: ViewsOptions, *, command: str = "spikecam bench views", say: Say = print
) -> Report:
    """Fit a scene to each kind of observation, and return the report.

    Args:
        options: of the benchmark.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        SpikecamError: an unknown row, or a data set that cannot be read.
    """
    unknown = set(options.method) - set(ROWS)
    if unknown:
        raise sc.OptionError(f"no row is called {min(unknown)}; they are {', '.join(ROWS)}")
    case = make_view_case(options, say)
    rows, views = [], {}
    for name in options.method or ROWS:
        say(name)
        scene, seconds = fit_case(case, ROWS[name], options.steps, options.gaussians)
        rows.append({"fitted to": name, **score_scene(scene, case.tests), "seconds": seconds})
        say(f"{name}: {rows[-1]['PSNR']:.2f} dB in {seconds:.0f} s")
        views[name] = display_picture(render(scene, case.tests[0][0]))
    views["truth"] = case.tests[0][1]
    published = [
        {"fitted to": name, **figures, "scenes": NOTE + ", other scenes"}
        for name, figures in view_figures().items()
    ]
    height, width = case.flight.shape
    notes = [
        f"{options.steps} steps, at most {options.gaussians} Gaussians; seconds are of this run",
        f"a flight of {options.frames} frames of {width}x{height}, {PRESET} noise, white fires "
        f"{PEAK_RATE} times a frame; gray, on {len(case.tests)} clear test views",
        f"poses are known to all; the mask of Spike-NeRF is of {_MASK_FRAMES} frames",
    ]
    return Report(
        "views",
        "New views from spikes",
        case.name,
        command,
        [
            Table("views", "New views", rows, notes),
            Table("published", "Published figures, of objects and out of doors", published),
        ],
        {"a test view": views},
    )


def make_view_case(options: ViewsOptions, say: Say) -> ViewCase:
    """Simulate the flight of a scene."""
    if options.data is None:
        height, width = options.size or (250, 400)
        scene = street_scene()
        camera_at = street_flight(options.frames, width=width, height=height)
        flight = Flight(scene.render, scene.depth, camera_at, options.frames)
        cameras = street_test_cameras(_TEST_VIEWS, width=width, height=height)
        tests = [(camera, _clear_view(flight, camera)) for camera in cameras]
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
    cameras = _cameras_of(flight, 60)
    points, _ = _random_scene(cameras, 400)
    motion = motion_per_frame(flight.camera_at, points.means, 0, options.frames - 1)
    return ViewCase(name, flight, stream, scale, motion, tests)


def fit_case(case: ViewCase, row: FitRow, steps: int, gaussians: int) -> tuple[Gaussians, float]:
    """Fit a scene to observations of a flight.

    Returns:
        The scene, and the seconds that it took.
    """
    scene, distance = _random_scene(_cameras_of(case.flight, 200), max(4, gaussians // 2))
    options = FitOptions(steps=steps, gaussians=gaussians)
    observations = list(row.observe(case))
    camera_at = case.flight.camera_at
    fit = Fit(observations, camera_at, scene, SRGB, distance, options, loss=row.loss)
    start = time.perf_counter()
    for _ in range(steps):
        fit.step()
    return fit.gaussians, time.perf_counter() - start


def score_scene(scene: Gaussians, tests: Sequence[tuple[Camera, Picture]]) -> dict[str, float]:
    """Mean PSNR and SSIM of a scene on clear views."""
    pairs = [(display_picture(render(scene, camera)), truth) for camera, truth in tests]
    return {
        "PSNR": float(np.mean([sc.psnr(view, truth, data_range=1) for view, truth in pairs])),
        "SSIM": float(np.mean([sc.ssim(view, truth, data_range=1) for view, truth in pairs])),
    }


def observe_charge(case: ViewCase) -> Iterator[Observation]:
    """Windows of charge, as `spikecam splat` takes them."""
    window = choose_window(case.motion)
    spans = _spans(case, window)
    views = choose_views(case.motion, window)
    return observe_windows(case.stream, spans, case.scale, views=views)


def observe_method(case: ViewCase, method: str, **options: int) -> Iterator[Observation]:
    """Pictures of a method of reconstruct: two stages."""
    window = options.get("window", 1)
    middles = [(start + stop - 1) // 2 for start, stop in _spans(case, max(window, 9))]
    rates = sc.reconstruct_frames(case.stream, method, frames=middles, **options)
    light = (case.scale.light(rate) for rate in rates)
    yield from observe_pictures(light, ((float(t),) for t in middles))


def observe_clear(case: ViewCase) -> Iterator[Observation]:
    """Clear pictures along the flight."""
    times = [float(t) for t in np.linspace(0, case.flight.frame_count - 1, _photographs(case))]
    light = (SRGB.decode(_clear_view(case.flight, case.flight.camera_at(t))) for t in times)
    yield from observe_pictures(light, ((t,) for t in times))


def observe_blurry(case: ViewCase, views: int | None) -> Iterator[Observation]:
    """Blurry photographs along the flight, with so many views in each; None for enough."""
    last = case.flight.frame_count - _EXPOSURE
    starts = np.linspace(0, last, _photographs(case)).astype(int)
    spans = [(int(start), int(start) + _EXPOSURE) for start in starts]
    count = views or choose_views(case.motion, _EXPOSURE)
    times = [window_times(span, count) for span in spans]
    photographs = photographs_of_flight(case.flight, spans)
    light = (SRGB.decode(_gray(photograph)) for photograph in photographs)
    yield from observe_pictures(light, times)


def observe_intervals(case: ViewCase) -> Iterator[Observation]:
    """Interval pictures, and pictures of 33 frames with nine views each, as SpikeGS has them."""
    yield from observe_spikegs(case.stream, _middles(case, _LONG_WINDOW), case.scale)


def observe_neurons(case: ViewCase) -> Iterator[Observation]:
    """Counts of windows, which neurons over the render are to fire, as SpikeNeRF has them."""
    return observe_spike_counts(case.stream, _spans(case, _LONG_WINDOW), case.scale)


def observe_masked(case: ViewCase) -> Iterator[Observation]:
    """Intervals and spikes of moments, as Spike-NeRF has them."""
    frames = _middles(case, _LONG_WINDOW)
    return observe_spike_nerf(case.stream, frames, case.scale, mask_frames=_MASK_FRAMES)


@dataclass(frozen=True)
class FitRow:
    """A row of the table: observations and the loss of a fit to them.

    Attributes:
        observe: makes the observations of a case.
        loss: of the fit.
    """

    observe: Callable[[ViewCase], Iterator[Observation]]
    loss: ViewLoss = observed_light_loss


ROWS = {
    "clear pictures": FitRow(observe_clear, PictureLoss()),
    "blurry photographs": FitRow(lambda case: observe_blurry(case, 1), PictureLoss()),
    "blur along the path (DeblurGS)": FitRow(
        lambda case: observe_blurry(case, None), PictureLoss()
    ),
    "tfp": FitRow(lambda case: observe_method(case, "tfp", window=_TFP_WINDOW), PictureLoss()),
    "tfi": FitRow(lambda case: observe_method(case, "tfi"), PictureLoss()),
    "fusion": FitRow(lambda case: observe_method(case, "fusion"), PictureLoss()),
    "Spike-NeRF's loss": FitRow(observe_masked, SpikeNerfLoss()),
    "SpikeNeRF's loss": FitRow(observe_neurons, spike_count_loss),
    "SpikeGS's loss": FitRow(observe_intervals, PictureLoss()),
    "charge": FitRow(observe_charge),
}
"""Rows of the table by name: 3DGS fitted to pictures and photographs, the losses of the papers in
the same fit, "fusion", in two stages as SpikeGen has them, and "charge", which is ours."""


def _flight_of_data_set(
    options: ViewsOptions, say: Say
) -> tuple[Flight, list[tuple[Camera, Picture]]]:
    assert options.data is not None
    train, test = read_posed_data_set(options.data, options.size or (200, 200))
    if test is None:
        raise sc.FileError(f"{options.data} has no transforms_test.json, whose views are judged by")
    cameras = train.cameras()
    say("fitting the truth to the data set's pictures")
    light = (SRGB.decode(_gray_values(picture)) for picture in train.iter_light())
    fit_options = FitOptions(steps=options.truth_steps, gaussians=int(1.5 * options.gaussians))
    fit = fit_to_pictures(light, cameras, fit_options)
    for _ in range(options.truth_steps):
        fit.step()
    tests = list(zip(test.cameras(), map(_gray_values, test.iter_light()), strict=True))
    scores = score_scene(fit.gaussians, tests)
    say(f"the truth: {scores['PSNR']:.2f} dB on the test views")
    last = options.frames - 1
    poses = train.poses.world_to_camera
    path = orbit_around_cameras(poses, last, elevation=_ELEVATIONS, turns=_TURNS)
    intrinsics = cameras[0].intrinsics

    def camera_at(moment: float) -> Camera:
        return path.camera_at(min(max(moment, 0.0), float(last)), intrinsics)

    return gaussian_flight(fit.gaussians, camera_at, options.frames), tests


def _random_scene(cameras: Sequence[Camera], count: int) -> tuple[Gaussians, float]:
    common = common_view_point(np.stack([camera.world_to_camera for camera in cameras]))
    rng = np.random.default_rng(0)
    return scene_gaussians(cameras, common, count, degree=1, channels=1, rng=rng)


def _cameras_of(flight: Flight, count: int) -> list[Camera]:
    times = np.linspace(0, flight.frame_count - 1, count)
    return [flight.camera_at(float(t)) for t in times]


def _middles(case: ViewCase, window: int) -> list[int]:
    return [(start + stop - 1) // 2 for start, stop in _spans(case, window)]


def _photographs(case: ViewCase) -> int:
    return max(3, case.flight.frame_count // _PHOTOGRAPH_FRAMES)


def _spans(case: ViewCase, window: int) -> list[tuple[int, int]]:
    last = len(case.stream) - window
    starts = np.unique(np.linspace(0, last, _WINDOWS).round().astype(int))
    return [(int(start), int(start) + window) for start in starts]


def _clear_view(flight: Flight, camera: Camera) -> Picture:
    return _gray(np.clip(SRGB.encode(np.clip(flight.render(camera), 0, 1)), 0, 1))


def _gray_values(light: Picture) -> Picture:
    """Gray of the values of a picture, as the data set's users weigh them."""
    return as_gray(np.clip(SRGB.encode(light), 0, 1))


def _gray(picture: Picture) -> Picture:
    """Gray of the light of a picture, encoded again, as the spike camera weighs colours."""
    if picture.ndim == 2:
        return np.asarray(picture, np.float32)
    return np.asarray(SRGB.encode(as_gray(SRGB.decode(picture))), np.float32)
