"""A request for the simulated recording of a camera that flies through a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.requests.scene_cameras import (
    DEFAULT_UP,
    check_fov,
    check_in_view,
    orbit_intrinsics,
    path_intrinsics,
)
from spikecam.resources import check_memory
from spikecam.stream import Progress
from spikecam.views.background import check_background
from spikecam.views.camera import Camera, CameraAt, Intrinsics
from spikecam.views.camera_path import CameraPath
from spikecam.views.flight import Flight
from spikecam.views.flight_folder import FlightOptions, write_flight
from spikecam.views.gaussian_flight import gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.made_scene import made_scene, made_scene_flight, made_scene_views
from spikecam.views.orbit import DEFAULT_ELEVATION, Elevation, orbit_around_gaussians
from spikecam.views.orbit_view import axis_vector
from spikecam.views.ply_file import read_ply
from spikecam.views.pose_files.read import read_poses

# Stands for the made scene in place of a file.
MADE = "made"
DEFAULT_FRAMES = 6000
# That of most spike cameras.
DEFAULT_SIZE = (250, 400)
# Clear views of the made scene to judge by.
_TEST_VIEWS = 20
# Views along a flight that are asked whether they show anything.
_CHECKED_VIEWS = 24
# A render, its light, and the mean of many of them in float64.
_BYTES_PER_PIXEL = 100


@dataclass(frozen=True, eq=False)
class CheckedFlight:
    """A flight that can be simulated.

    Attributes:
        flight: the camera and the scene.
        options: of the sensor and the photographs.
        test_cameras: of the views to judge by; none where the scene has none.
        fpn: the fixed pattern of the camera; None for that of the preset.
        facts: sentences on what is simulated.
    """

    flight: Flight
    options: FlightOptions
    test_cameras: Sequence[Camera]
    fpn: FixedPattern | None
    facts: tuple[str, ...]

    def write(self, folder: PathLike, *, progress: Progress[int] = iter) -> Path:
        """Simulate the flight and write the folder, as `write_flight`."""
        return write_flight(
            folder,
            self.flight,
            self.options,
            test_cameras=self.test_cameras,
            fpn=self.fpn,
            progress=progress,
        )


@dataclass(frozen=True)
class FlyRequest:
    """Request for the simulated recording of a camera that flies, as plain values.

    Attributes:
        scene: a .ply of 3D Gaussian Splatting, or "made": the made scene (`made_scene`), which has
            a flight, a field of view and test views of its own.
        path: a file of poses with times, as `read_poses` reads; None for an orbit around the scene.
            The flight takes the path from its first to its last time, whatever their unit.
        frames: frames of spikes.
        size: height and width of the spikes; by default those of the path, or else 250 x 400.
        fov: horizontal field of view in degrees, for what has none of its own; of an orbit 40 by
            default.
        elevation: of the orbit above the horizon, in degrees; two for a spiral from the first to
            the second; 25 by default.
        turns: of the orbit, negative clockwise; 1 by default.
        up: axis of the scene that is up in the orbit, such as "z" or "-y"; z by default.
        background: gray level behind the Gaussians, in [0, 1].
        options: of the sensor and the photographs.
        fpn: the fixed pattern of the camera; by default a random one where the preset has any.
    """

    scene: PathLike
    path: PathLike | None = None
    frames: int = DEFAULT_FRAMES
    size: tuple[int, int] | None = None
    fov: float | None = None
    elevation: Elevation | None = None
    turns: float | None = None
    up: str | None = None
    background: float = 0.0
    options: FlightOptions = field(default_factory=FlightOptions)
    fpn: FixedPattern | None = None

    def check(self) -> CheckedFlight:
        """Check the request before work starts.

        Raises:
            FileError: a scene or path that is missing, damaged or of another kind.
            OptionError, GeometryError, ResourceError: what cannot be, such as a path from which
                nothing of the scene is in view.
        """
        self._check_values()
        make_flight = self._made_flight if self._is_made else self._gaussian_flight
        flight, test_cameras, what = make_flight()
        if self.fpn is not None:
            self.fpn.check_shape(flight.shape, "the flight")
        height, width = flight.shape
        fact = f"{what}, {self.frames} frames of {width}x{height}"
        return CheckedFlight(flight, self.options, test_cameras, self.fpn, (fact,))

    @property
    def _is_made(self) -> bool:
        return str(self.scene) == MADE

    def _check_values(self) -> None:
        if self.frames < 2:
            raise OptionError(f"a flight has 2 frames or more, not {self.frames}")
        check_background(self.background)
        orbit = (self.elevation, self.turns, self.up)
        if self._is_made and (self.path, self.fov, *orbit) != (None,) * 5:
            raise OptionError(
                f"the scene {MADE} has a flight and a field of view of its own; leave out path, "
                "orbit, fov, elevation, turns and up"
            )
        if self._is_made and self.background:
            raise OptionError(f"the scene {MADE} fills the picture; leave out background")
        if self.path is not None and orbit != (None, None, None):
            raise OptionError("elevation, turns and up are of an orbit; leave them out with a path")
        check_fov(self.fov)

    def _made_flight(self) -> tuple[Flight, list[Camera], str]:
        height, width = self.size or DEFAULT_SIZE
        self._check_memory(width, height)
        camera_at = made_scene_flight(self.frames, width=width, height=height)
        scene = made_scene()
        flight = Flight(scene.render, scene.depth, camera_at, self.frames)
        return flight, made_scene_views(_TEST_VIEWS, width=width, height=height), "the made scene"

    def _gaussian_flight(self) -> tuple[Flight, list[Camera], str]:
        gaussians = read_ply(self.scene)
        lens, path, where = self._orbit(gaussians) if self.path is None else self._poses(self.path)
        self._check_memory(lens.width, lens.height)
        camera_at = _camera_along(path, lens, self.frames)
        times = np.linspace(0, self.frames - 1, min(self.frames, _CHECKED_VIEWS))
        check_in_view(self.scene, gaussians, (camera_at(float(time)) for time in times), where)
        flight = gaussian_flight(gaussians, camera_at, self.frames, background=self.background)
        return flight, [], f"{len(gaussians):,} Gaussians {where}"

    def _orbit(self, gaussians: Gaussians) -> tuple[Intrinsics, CameraPath, str]:
        lens = orbit_intrinsics(self.size or DEFAULT_SIZE, self.fov)
        turns = 1.0 if self.turns is None else self.turns
        elevation = DEFAULT_ELEVATION if self.elevation is None else self.elevation
        up = axis_vector(self.up or DEFAULT_UP)
        path = orbit_around_gaussians(gaussians, lens, 1.0, elevation=elevation, turns=turns, up=up)
        return lens, path, f"from an orbit of {turns:g} turn{'' if turns == 1 else 's'}"

    def _poses(self, path: PathLike) -> tuple[Intrinsics, CameraPath, str]:
        poses = read_poses(path)
        curve = poses.camera_path()
        lens = path_intrinsics(poses, self.size, self.fov, DEFAULT_SIZE)
        first, last = curve.times[[0, -1]]
        return lens, curve, f"from {first:g} to {last:g} of {path}"

    def _check_memory(self, width: int, height: int) -> None:
        width, height = width * self.options.scale, height * self.options.scale
        size = f"{width}x{height}"
        check_memory(
            width * height * _BYTES_PER_PIXEL, f"a picture of {size}", "choose a smaller size"
        )


def _camera_along(path: CameraPath, lens: Intrinsics, frame_count: int) -> CameraAt:
    """Camera at a time in frames that takes a path from its first to its last time."""
    first, last = path.times[[0, -1]]

    def camera_at(time: float) -> Camera:
        share = time / (frame_count - 1)
        # Rounding must not lead beyond the end.
        return path.camera_at(min(first + share * (last - first), last), lens)

    return camera_at
