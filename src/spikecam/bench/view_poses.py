"""Cameras that the fits of the benchmark of new views are given, and corrections of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikecam.bench.view_cases import ViewCase
from spikecam.stream import Span
from spikecam.views.camera import Camera, CameraAt
from spikecam.views.camera_path import CameraPath
from spikecam.views.exposure_poses import exposure_corrections
from spikecam.views.flight import Flight
from spikecam.views.pose_corrections import PoseCorrections, correction_knots
from spikecam.views.trajectory_error import perturb_path

# Poses that are off: control points of the path, and their error as a share of the distance and in
# degrees.
CONTROL_POINTS, CENTRE_ERROR, ANGLE_ERROR = 60, 0.01, 1.0
# Frames of the flight for each photograph, and of its exposure; of a short flight there are fewer.
_PHOTOGRAPH_FRAMES, _EXPOSURE = 100, 97
_MIN_PHOTOGRAPHS = 3


def true_cameras(case: ViewCase) -> CameraAt:
    """The cameras of a flight."""
    return case.flight.camera_at


def inexact_cameras(case: ViewCase) -> CameraAt:
    """The cameras of a flight, with control points of their path off in random directions."""
    flight = case.flight
    times, intrinsics = _control_times(flight), flight.camera_at(0).intrinsics
    true = np.stack([flight.camera_at(float(t)).world_to_camera for t in times])
    rng = np.random.default_rng(1)
    path = perturb_path(CameraPath(times, true), rng, CENTRE_ERROR, ANGLE_ERROR)

    def camera_at(moment: float) -> Camera:
        return path.camera_at(min(max(moment, 0.0), float(times[-1])), intrinsics)

    return camera_at


def path_corrections(case: ViewCase, distance: float) -> PoseCorrections:
    """Corrections along the whole path."""
    return PoseCorrections(correction_knots(_control_times(case.flight)), distance)


def photograph_spans(flight: Flight) -> list[Span]:
    """Exposures (start, stop) of photographs along a flight, one after another."""
    frames = flight.frame_count
    count = max(_MIN_PHOTOGRAPHS, frames // _PHOTOGRAPH_FRAMES)
    # Not one right after another: a pose belongs to one of them.
    exposure = max(1, min(_EXPOSURE, frames // count - 1))
    starts = np.linspace(0, frames - exposure, count).astype(int)
    return [(int(start), int(start) + exposure) for start in starts]


def exposures_of_photographs(flight: Flight) -> npt.NDArray[np.float64]:
    """Start and end of the exposure of each photograph in time, (K, 2)."""
    # Frame i shows the light of time i.
    return np.array(photograph_spans(flight)) - 0.5


def cameras_of_photographs(case: ViewCase) -> CameraAt:
    """The camera in the middle of the exposure at hand, as one pose of each photograph has it."""
    middles: Sequence[float] = exposures_of_photographs(case.flight).mean(axis=1)
    return lambda moment: case.flight.camera_at(
        float(min(middles, key=lambda middle: abs(middle - moment)))
    )


def photograph_corrections(case: ViewCase, distance: float) -> PoseCorrections:
    """Corrections of the poses at the start and the end of each exposure."""
    return exposure_corrections(exposures_of_photographs(case.flight), distance)


def _control_times(flight: Flight) -> npt.NDArray[np.float64]:
    return np.linspace(0, flight.frame_count - 1, min(CONTROL_POINTS, flight.frame_count))
