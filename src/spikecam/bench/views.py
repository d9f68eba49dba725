"""New views of a scene that a spike camera flew around, by what Gaussians are fitted to.

The flight is simulated from clear views: of the street scene, whose truth is not Gaussians, or of a
fit to all pictures of a data set. Test views are the scene's own, and those of the data set.
"""

from __future__ import annotations

import time

import numpy as np

import spikecam as sc
from spikecam.bench.published_figures import NOTE, view_figures
from spikecam.bench.report import Report, Table
from spikecam.bench.view_cases import (
    PEAK_RATE,
    PRESET,
    Say,
    ViewCase,
    cameras_of_flight,
    make_view_case,
    random_scene,
    score_scene,
)
from spikecam.bench.view_poses import ANGLE_ERROR, CENTRE_ERROR, CONTROL_POINTS
from spikecam.bench.view_rows import MASK_FRAMES, ROWS, FitRow
from spikecam.bench.views_options import ViewsOptions
from spikecam.encoding import SRGB
from spikecam.picture import Picture
from spikecam.views.camera import Camera
from spikecam.views.display_pictures import display_picture
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.gaussians import Gaussians
from spikecam.views.pose_corrections import PoseCorrections
from spikecam.views.rendering import render
from spikecam.views.trajectory_error import alignment

# Times at which refined poses are compared with the truth, and steps by which a test camera is
# aligned to its picture, with their rate in distances and radians.
_ALIGNED_TIMES, _ALIGNING_STEPS, _ALIGNING_RATE = 200, 60, 4e-4
# Share of a view in the time of a step of one view, about.
_VIEW_SHARE = 0.4


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
        fit, seconds = fit_case(case, ROWS[name], options.steps, options.gaussians)
        tests = views_of_fit(case, fit)
        rows.append({"fitted to": name, **score_scene(fit.gaussians, tests), "seconds": seconds})
        say(f"{name}: {rows[-1]['PSNR']:.2f} dB in {seconds:.0f} s")
        views[name] = display_picture(render(fit.gaussians, tests[0][0]))
    views["truth"] = case.tests[0][1]
    published = [
        {"fitted to": name, **figures, "scenes": NOTE + ", other scenes"}
        for name, figures in view_figures().items()
    ]
    height, width = case.flight.shape
    notes = [
        f"{options.steps} steps, or as many of several views as take about as long; at most "
        f"{options.gaussians} Gaussians; seconds are of this run",
        f"a flight of {options.frames} frames of {width}x{height}, {PRESET} noise, white fires "
        f"{PEAK_RATE} times a frame; gray, on {len(case.tests)} clear test views",
        f"poses are known, but where the row says that they are off, by {CENTRE_ERROR:.0%} of the "
        f"distance and {ANGLE_ERROR:g} degree at each of {CONTROL_POINTS} points",
        f"the mask of Spike-NeRF is of {MASK_FRAMES} frames",
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


def fit_case(case: ViewCase, row: FitRow, steps: int, gaussians: int) -> tuple[Fit, float]:
    """Fit a scene to observations of a flight.

    Args:
        case: the flight.
        row: what the scene is fitted to.
        steps: of one view each; of more views there are fewer, which take about as long.
        gaussians: most Gaussians of the scene.

    Returns:
        The fit at its end, and the seconds that it took.
    """
    fit = make_fit(case, row, steps, gaussians)
    start = time.perf_counter()
    for _ in range(fit.options.steps):
        fit.step()
    return fit, time.perf_counter() - start


def make_fit(case: ViewCase, row: FitRow, steps: int, gaussians: int) -> Fit:
    """A fit to observations of a flight, at its first step; arguments as for `fit_case`."""
    scene, distance = random_scene(cameras_of_flight(case.flight, 200), max(4, gaussians // 2))
    corrections = None if row.corrections is None else row.corrections(case, distance)
    observations = list(row.observe(case))
    views = np.mean([len(one.times) for one in observations])
    as_long = max(1, round(steps / (1 + _VIEW_SHARE * (float(views) - 1))))
    options = FitOptions(steps=as_long, gaussians=gaussians)
    cameras = row.cameras(case)
    return Fit(observations, cameras, scene, SRGB, distance, options, corrections, row.loss)


def views_of_fit(case: ViewCase, fit: Fit) -> list[tuple[Camera, Picture]]:
    """Test views in the world of a fit, whose cameras may lie elsewhere than the true ones.

    Where poses were fitted, cameras are aligned as one to the true ones, and then each to its
    picture, as methods without poses are measured (BARF, Lin et al., 2021).
    """
    if fit.corrections is None:
        return list(case.tests)
    times = np.linspace(0, case.flight.frame_count - 1, _ALIGNED_TIMES)
    true, fitted = (
        np.stack([camera_at(float(t)).world_to_camera for t in times])
        for camera_at in (case.flight.camera_at, fit.camera)
    )
    world = alignment(true, fitted)
    views = []
    for camera, picture in case.tests:
        aligned = Camera(camera.intrinsics, world.apply(camera.world_to_camera[None])[0])
        views.append((_align_to_picture(fit, aligned, picture), picture))
    return views


def _align_to_picture(fit: Fit, camera: Camera, picture: Picture) -> Camera:
    """The camera near a first one from which a scene looks most like a picture."""
    corrections = PoseCorrections([0.0], fit.distance)
    gradients = Gaussians(*(np.zeros_like(values) for values in fit.gaussians.parameters()))
    for step in range(_ALIGNING_STEPS):
        view = render(fit.gaussians, corrections.correct(camera, 0.0))
        by_picture = np.float32(2 / picture.size) * (view.picture - picture)
        corrections.add_gradient(0.0, view.add_gradients(gradients, by_picture))
        corrections.step(_ALIGNING_RATE * 0.95**step)
    return corrections.correct(camera, 0.0)
