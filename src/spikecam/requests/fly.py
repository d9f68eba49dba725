"""A request for the simulated recording of a camera that flies through a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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
from spikecam.views.cameras_beside_path import cameras_beside_path
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.flight import Flight
from spikecam.views.flight_folder import FlightOptions, even_exposures, write_flight
from spikecam.views.gaussian_flight import fitted_flight, gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit import (
    DEFAULT_ELEVATION,
    Elevation,
    orbit_around_cameras,
    orbit_around_gaussians,
)
from spikecam.views.orbit_view import axis_vector
from spikecam.views.ply_file import read_ply
from spikecam.views.pose_files.read import read_poses
from spikecam.views.posed_data_set import fit_to_pictures, read_posed_data_set
from spikecam.views.posed_pictures import PosedPictures
from spikecam.views.scene_extent import scene_extent
from spikecam.views.street_scene import street_flight, street_scene, street_test_cameras

# Stands for the street scene in place of a file.
STREET = "street"
DEFAULT_FRAMES = 6000
# That of most spike cameras.
DEFAULT_SIZE = (250, 400)
# Clear views to judge by, where the scene brings none.
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
        test_cameras: of the views to judge by.
        test_pictures: these views, of a data set; None where they are rendered.
        fit: of the scene to the pictures of a data set; None where there is nothing to fit.
        fpn: the fixed pattern of the camera; None for that of the preset.
        facts: sentences on what is simulated.
    """

    flight: Flight
    options: FlightOptions
    test_cameras: Sequence[Camera]
    test_pictures: PosedPictures | None = None
    fit: Fit | None = None
    fpn: FixedPattern | None = None
    facts: tuple[str, ...] = ()

    def fit_scene(self, *, progress: Progress[int] = iter) -> None:
        """Fit the scene to the pictures of a data set, where it is one.

        Args:
            progress: wraps the sequence of steps that are left, such as `tqdm`.
        """
        if self.fit is not None:
            for _ in progress(range(self.fit.step_number, self.fit.options.steps)):
                self.fit.step()

    def write(
        self, folder: PathLike, *, progress: Progress[int] = iter, overwrite: bool | None = None
    ) -> Path:
        """Fit the scene if that is left, simulate the flight and write it, as `write_flight`."""
        self.fit_scene()
        return write_flight(
            folder,
            self.flight,
            self.options,
            test_cameras=self.test_cameras,
            test_light=None if self.test_pictures is None else self.test_pictures.iter_light(),
            fpn=self.fpn,
            progress=progress,
            overwrite=overwrite,
        )


@dataclass(frozen=True)
class FlyRequest:
    """Request for the simulated recording of a camera that flies, as plain values.

    Attributes:
        scene: a .ply of 3D Gaussian Splatting; a folder of posed pictures, as of NeRF's synthetic
            scenes (`read_posed_data_set`), to which a scene is fitted first; or "street"
            (`street_scene`), which has a flight and a field of view of its own.
        path: a file of poses with times, as `read_poses` reads; None for an orbit around the scene,
            that of a data set around what its cameras look at, at their distance.
            The flight takes the path from its first to its last time, whatever their unit.
        frames: frames of spikes.
        size: height and width of the spikes; by default those of the path, of the pictures of a
            data set, which are made smaller to any other, or else 250 x 400.
        fov: horizontal field of view in degrees, for what has none of its own; of an orbit 40 by
            default.
        elevation: of the orbit above the horizon, in degrees; two for a spiral from the first to
            the second; 25 by default.
        turns: of the orbit, negative clockwise; 1 by default.
        up: axis of the scene that is up in the orbit, such as "z" or "-y"; z by default.
        background: gray level behind the Gaussians, in [0, 1].
        options: of the sensor and the photographs.
        fpn: the fixed pattern of the camera; by default a random one where the preset has any.
        fit: options of the fit to a data set, whose background is ``background``.
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
    fit: FitOptions | None = None

    def check(self) -> CheckedFlight:
        """Check the request before work starts.

        Raises:
            FileError: a scene or path that is missing, damaged or of another kind.
            OptionError, GeometryError, ResourceError: what cannot be, such as a path from which
                nothing of the scene is in view.
        """
        self._check_values()
        if self._is_street:
            checked = self._street_flight()
        elif Path(self.scene).is_dir():
            checked = self._data_set_flight()
        else:
            checked = self._gaussian_flight()
        if self.fpn is not None:
            self.fpn.check_shape(checked.flight.shape, "the flight")
        return checked

    @property
    def _is_street(self) -> bool:
        return str(self.scene) == STREET

    def _check_values(self) -> None:
        if self.frames < 2:
            raise OptionError(f"a flight has 2 frames or more, not {self.frames}")
        check_background(self.background)
        orbit = (self.elevation, self.turns, self.up)
        if self._is_street and (self.path, self.fov, *orbit) != (None,) * 5:
            raise OptionError(
                f"the scene {STREET} has a flight and a field of view of its own; leave out path, "
                "orbit, fov, elevation, turns and up"
            )
        if self._is_street and self.background:
            raise OptionError(f"the scene {STREET} fills the picture; leave out background")
        if self.path is not None and orbit != (None, None, None):
            raise OptionError("elevation, turns and up are of an orbit; leave them out with a path")
        if self.fit is not None and not Path(self.scene).is_dir():
            raise OptionError(
                "steps and gaussians are of the fit to a folder of posed pictures; leave them out "
                f"with {self.scene}"
            )
        check_fov(self.fov)
        even_exposures(self.frames, self.options)

    def _street_flight(self) -> CheckedFlight:
        height, width = self.size or DEFAULT_SIZE
        self._check_memory(width, height)
        camera_at = street_flight(self.frames, width=width, height=height)
        scene = street_scene()
        flight = Flight(scene.render, scene.depth, camera_at, self.frames)
        tests = street_test_cameras(_TEST_VIEWS, width=width, height=height)
        return self._checked(flight, tests, "the street scene")

    def _gaussian_flight(self) -> CheckedFlight:
        gaussians = read_ply(self.scene)
        if self.path is None:
            intrinsics = orbit_intrinsics(self.size or DEFAULT_SIZE, self.fov)
            path = orbit_around_gaussians(gaussians, intrinsics, 1.0, **self._orbit_values())
            where = self._orbit_name()
        else:
            intrinsics, path, where = self._poses(self.path, DEFAULT_SIZE)
        camera_at = self._camera_along(path, intrinsics, gaussians, where)
        flight = gaussian_flight(gaussians, camera_at, self.frames, background=self.background)
        middle = scene_extent(gaussians).middle
        tests = cameras_beside_path(camera_at, self.frames, middle, _TEST_VIEWS)
        return self._checked(flight, tests, f"{len(gaussians):,} Gaussians {where}")

    def _data_set_flight(self) -> CheckedFlight:
        train, test = read_posed_data_set(self.scene, self.size, background=self.background)
        cameras = train.cameras(self.fov)
        options = replace(self.fit or FitOptions(), background=self.background)
        fit = fit_to_pictures(train.iter_light(), cameras, options)
        if self.options.bayer and fit.gaussians.harmonics.shape[2] == 1:
            raise OptionError(f"the pictures of {self.scene} are gray; leave out bayer")
        poses, intrinsics = train.poses.world_to_camera, cameras[0].intrinsics
        if self.path is None:
            path = orbit_around_cameras(poses, 1.0, **self._orbit_values())
            where = self._orbit_name()
        else:
            default_size = intrinsics.height, intrinsics.width
            intrinsics, path, where = self._poses(self.path, default_size)
        # Before the fit its Gaussians are wherever cameras look.
        camera_at = self._camera_along(path, intrinsics, fit.gaussians, where)
        flight = fitted_flight(fit, camera_at, self.frames, background=self.background)
        if test is None:
            middle = scene_extent(fit.gaussians).middle
            tests = cameras_beside_path(camera_at, self.frames, middle, _TEST_VIEWS)
        else:
            tests = test.cameras(self.fov)
        what = f"a scene fitted to {len(cameras)} pictures of {self.scene}, {where}"
        return replace(self._checked(flight, tests, what), test_pictures=test, fit=fit)

    def _checked(self, flight: Flight, tests: Sequence[Camera], what: str) -> CheckedFlight:
        height, width = flight.shape
        fact = f"{what}, {self.frames} frames of {width}x{height}"
        return CheckedFlight(flight, self.options, tests, fpn=self.fpn, facts=(fact,))

    def _orbit_values(self) -> dict[str, Any]:
        return {
            "elevation": DEFAULT_ELEVATION if self.elevation is None else self.elevation,
            "turns": 1.0 if self.turns is None else self.turns,
            "up": axis_vector(self.up or DEFAULT_UP),
        }

    def _orbit_name(self) -> str:
        turns = 1.0 if self.turns is None else self.turns
        return f"from an orbit of {turns:g} turn{'' if turns == 1 else 's'}"

    def _poses(
        self, path: PathLike, default_size: tuple[int, int]
    ) -> tuple[Intrinsics, CameraPath, str]:
        poses = read_poses(path)
        curve = poses.camera_path()
        intrinsics = path_intrinsics(poses, self.size, self.fov, default_size)
        first, last = curve.times[[0, -1]]
        return intrinsics, curve, f"from {first:g} to {last:g} of {path}"

    def _camera_along(
        self, path: CameraPath, intrinsics: Intrinsics, gaussians: Gaussians, where: str
    ) -> CameraAt:
        """Camera at a time in frames that takes a path from its first to its last time."""
        self._check_memory(intrinsics.width, intrinsics.height)
        first, last = path.times[[0, -1]]

        def camera_at(time: float) -> Camera:
            share = time / (self.frames - 1)
            # Rounding must not lead beyond the end.
            return path.camera_at(min(first + share * (last - first), last), intrinsics)

        times = np.linspace(0, self.frames - 1, min(self.frames, _CHECKED_VIEWS))
        check_in_view(self.scene, gaussians, (camera_at(float(time)) for time in times), where)
        return camera_at

    def _check_memory(self, width: int, height: int) -> None:
        width, height = width * self.options.scale, height * self.options.scale
        size = f"{width}x{height}"
        check_memory(
            width * height * _BYTES_PER_PIXEL, f"a picture of {size}", "choose a smaller size"
        )
