"""A request for pictures of a scene of Gaussians, along a path or around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.io.output import Kind
from spikecam.io.paths import PathLike
from spikecam.picture import Picture
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.scene_cameras import (
    DEFAULT_UP,
    check_fov,
    check_in_view,
    orbit_intrinsics,
    path_intrinsics,
)
from spikecam.resources import check_memory
from spikecam.views.background import check_background
from spikecam.views.camera import Camera, Matrix
from spikecam.views.display_pictures import depth_picture, display_picture
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit import DEFAULT_ELEVATION, orbit_around_gaussians
from spikecam.views.orbit_view import axis_vector
from spikecam.views.ply_file import read_ply
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.pose_files.read import read_poses
from spikecam.views.rendering import render
from spikecam.views.scene_extent import scene_extent

DEFAULT_SIZE = (480, 640)
DEFAULT_FRAMES = 120
# The picture, its transmittance and depth, and copies of them on the way to a file.
_BYTES_PER_PIXEL = 48


@dataclass(frozen=True)
class RenderRequest:
    """Request for pictures of a scene of Gaussians, as plain values.

    Attributes:
        scene: a .ply of 3D Gaussian Splatting.
        path: a file of poses, as `read_poses` reads; None for an orbit around the scene.
        at: one picture: at a time of the path, of the pose with this number where the path has no
            times, or after a share of the orbit's turn, 0 to 1.
        frames: how many pictures, spread evenly over the path or one turn. By default 120 for a
            film, and the middle for one picture; of a path without times every pose.
        size: height and width of the pictures; by default those of the path, or else 480 x 640.
        fov: horizontal field of view in degrees, for what has none of its own; of an orbit 40 by
            default.
        elevation: of the orbit above the horizon, in degrees; 25 by default.
        up: axis of the scene that is up in the orbit, such as "z" or "-y"; z by default.
        background: gray level behind the scene, in [0, 1].
        depth: pictures of the depth in place of the scene, nearer is brighter.
    """

    scene: PathLike
    path: PathLike | None = None
    at: float | None = None
    frames: int | None = None
    size: tuple[int, int] | None = None
    fov: float | None = None
    elevation: float | None = None
    up: str | None = None
    background: float = 0.0
    depth: bool = False

    def check(self, output: Kind = "picture") -> CheckedRequest[Picture]:
        """Check the request before work starts.

        Args:
            output: what the pictures are for.

        Raises:
            FileError: a scene or path that is missing, damaged or of another kind.
            OptionError, RangeError, GeometryError, ResourceError: what cannot be, such as a path
                from which nothing of the scene is in view.
        """
        self._check_values()
        scene = read_ply(self.scene)
        if self.path is None:
            cameras, where = self._orbit_cameras(scene, output)
            indices: Sequence[int] = range(len(cameras))
        else:
            cameras, indices, where = self._path_cameras(read_poses(self.path), output)
        intrinsics = cameras[0].intrinsics
        size = f"{intrinsics.width}x{intrinsics.height}"
        check_memory(
            intrinsics.width * intrinsics.height * _BYTES_PER_PIXEL,
            f"a picture of {size}",
            "choose a smaller size",
        )
        check_in_view(self.scene, scene, cameras, where)
        facts = [f"{len(scene):,} Gaussians, {size}, {where}"]
        depths = None
        if self.depth:
            near, far = depths = _depths(scene, cameras)
            facts.append(
                f"depth is {far:.4g} at black and {near:.4g} at white, in units of the scene"
            )
        return CheckedRequest(
            indices, lambda: self._pictures(scene, cameras, depths), facts=tuple(facts)
        )

    def _check_values(self) -> None:
        if self.frames is not None and self.at is not None:
            raise OptionError("one picture or several: give either at or frames, not both")
        if self.frames is not None and self.frames < 1:
            raise OptionError(f"a film has 1 picture or more, not {self.frames}")
        check_background(self.background)
        if self.path is not None and (self.elevation is not None or self.up is not None):
            raise OptionError("elevation and up are of an orbit; leave them out with a path")
        check_fov(self.fov)

    def _orbit_cameras(self, scene: Gaussians, output: Kind) -> tuple[list[Camera], str]:
        intrinsics = orbit_intrinsics(self.size or DEFAULT_SIZE, self.fov)
        elevation = DEFAULT_ELEVATION if self.elevation is None else self.elevation
        up = axis_vector(self.up or DEFAULT_UP)
        path = orbit_around_gaussians(scene, intrinsics, 1.0, elevation=elevation, up=up)
        # The end of a turn is its start, which a film that is repeated shows once.
        times = self._times((0.0, 1.0), output, with_end=False)
        where = "from an orbit" if len(times) > 1 else f"after {times[0]:g} of an orbit"
        return [path.camera_at(time, intrinsics) for time in times], where

    def _path_cameras(
        self, poses: PoseFile, output: Kind
    ) -> tuple[list[Camera], Sequence[int], str]:
        intrinsics = path_intrinsics(poses, self.size, self.fov, DEFAULT_SIZE)
        if poses.times is None and self.frames is None:
            indices = self._pose_indices(len(poses.world_to_camera), output)
            cameras = [Camera(intrinsics, poses.world_to_camera[i]) for i in indices]
            few = f"pose {indices[0]}" if len(indices) == 1 else f"{len(indices)} poses"
            return cameras, indices, f"from {few} of {self.path}"
        path = poses.camera_path()
        times = self._times((path.times[0], path.times[-1]), output, with_end=True)
        cameras = [path.camera_at(time, intrinsics) for time in times]
        when = f"at {times[0]:g}"
        if len(times) > 1:
            when = f"from {times[0]:g} to {times[-1]:g}"
        return cameras, range(len(cameras)), f"{when} of {self.path}"

    def _times(self, span: tuple[float, float], output: Kind, *, with_end: bool) -> Matrix:
        if self.at is not None:
            return np.array([self.at])
        if (self.frames is None and output == "picture") or self.frames == 1:
            return np.array([(span[0] + span[1]) / 2])
        count = self.frames or DEFAULT_FRAMES
        return np.linspace(*span, count, endpoint=with_end)

    def _pose_indices(self, count: int, output: Kind) -> Sequence[int]:
        if self.at is None:
            return [count // 2] if output == "picture" else range(count)
        if self.at not in range(count):
            raise RangeError(
                f"{self.path} has no times; the poses are numbered 0 to {count - 1}, and there is "
                f"none {self.at:g}"
            )
        return [int(self.at)]

    def _pictures(
        self, scene: Gaussians, cameras: Sequence[Camera], depths: tuple[float, float] | None
    ) -> Iterator[Picture]:
        for camera in cameras:
            view = render(scene, camera, background=self.background, with_depth=depths is not None)
            yield display_picture(view) if depths is None else depth_picture(view, *depths)


def _depths(scene: Gaussians, cameras: Sequence[Camera]) -> tuple[float, float]:
    return scene_extent(scene).depth_range(np.stack([camera.centre for camera in cameras]))
