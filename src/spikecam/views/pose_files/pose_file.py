"""What a file of poses holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.resources import check_memory
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.camera_path import CameraPath
from spikecam.views.poses import check_rising_times, rigid_poses

# Pictures that are made smaller have whole sides, which changes their shape by a little.
SHAPE_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class PoseFile:
    """Poses of one camera, and what else their file says.

    Attributes:
        path: of the file or folder.
        world_to_camera: rigid transforms of points, OpenCV axes, (K, 4, 4).
        times: of the poses, rising, (K,), in the file's unit; None where it has none.
        pictures: the picture of each pose; None where it names none. They may not exist.
        intrinsics: of the camera; None where the file has none, or no size of its pictures.
        angle_x: horizontal field of view in radians where the file has this and no size.
        exposure: of every picture, in frames of the spike camera; None where the file has none.
    """

    path: Path
    world_to_camera: Matrix
    times: Matrix | None = None
    pictures: tuple[Path, ...] | None = None
    intrinsics: Intrinsics | None = None
    angle_x: float | None = None
    exposure: int | None = None

    def intrinsics_for(self, width: int, height: int, fov: float | None = None) -> Intrinsics:
        """Intrinsics for pictures of a given size.

        Args:
            width, height: of the pictures in pixels.
            fov: horizontal field of view in degrees, for a file that has none.

        Raises:
            OptionError: neither the file nor ``fov`` says the field of view, or both do.
            GeometryError: the file's pictures have another shape.
        """
        if fov is not None and (self.intrinsics or self.angle_x):
            raise OptionError(f"{self.path} has a field of view of its own; leave out --fov")
        if self.intrinsics is not None:
            return self._resized(self.intrinsics, width, height)
        if self.angle_x is not None:
            return Intrinsics.from_field_of_view(width, height, self.angle_x)
        if fov is None:
            raise OptionError(
                f"{self.path} has no field of view; give the horizontal one in degrees by --fov "
                "(in Python fov=)"
            )
        if not 0 < fov < 180:
            raise OptionError(f"a field of view is between 0 and 180 degrees, not {fov:g}")
        return Intrinsics.from_field_of_view(width, height, math.radians(fov))

    def _resized(self, intrinsics: Intrinsics, width: int, height: int) -> Intrinsics:
        shape = width * intrinsics.height / (height * intrinsics.width)
        if abs(shape - 1) > SHAPE_TOLERANCE:
            raise GeometryError(
                f"{self.path} is for pictures of {intrinsics.width}x{intrinsics.height}, which "
                f"have another shape than {width}x{height}; crop them alike and calibrate again"
            )
        return intrinsics.resized(width, height)

    def named_pictures(self) -> tuple[Path, ...]:
        """The picture of each pose.

        Raises:
            FileError: the file names none.
        """
        if self.pictures is None:
            raise FileError(f'{self.path} names no pictures; write a "file_path" into each frame')
        return self.pictures

    def part(self, indices: npt.NDArray[np.intp]) -> PoseFile:
        """The poses with these indices alone, (M,), with their times and pictures."""
        return replace(
            self,
            world_to_camera=self.world_to_camera[indices],
            times=None if self.times is None else self.times[indices],
            pictures=None if self.pictures is None else tuple(self.pictures[i] for i in indices),
        )

    def camera_path(self) -> CameraPath:
        """Curve through the poses.

        Raises:
            FileError: the file has no times, or fewer than 2 poses.
        """
        if self.times is None:
            raise FileError(
                f"{self.path} has no times, and a path between its poses needs them; write a "
                'table of time and pose, or "time" into each frame of a transforms.json'
            )
        if len(self.times) < 2:
            raise FileError(f"{self.path} has 1 pose, and a path needs 2 or more")
        return CameraPath(self.times, self.world_to_camera)


def check_pose_file(path: PathLike, *, memory_per_byte: int = 4) -> Path:
    """Refuse a file of poses that is missing, empty or larger than the memory; return its path.

    Args:
        path: the file.
        memory_per_byte: bytes that each of the file takes, such as those of numbers of a text.

    Raises:
        FileError: missing or empty.
        ResourceError: larger than the memory.
    """
    path = check_existing_file(path)
    check_memory(
        memory_per_byte * path.stat().st_size, f"reading {path}", "name a file of poses alone"
    )
    return path


def check_poses_of_file(path: Path, matrices: npt.ArrayLike) -> Matrix:
    """Rigid poses (K, 4, 4) of matrices in a file.

    Raises:
        FileError: they are not rigid, not finite, or none.
    """
    try:
        return rigid_poses(matrices)
    except ValueError as error:
        raise FileError(f"{path}: the poses {error}; write rigid transforms") from None


def check_times_of_file(path: Path, times: npt.ArrayLike, count: int) -> Matrix:
    """Rising times (K,) of a file.

    Raises:
        FileError: they do not rise, or are not finite.
    """
    try:
        return check_rising_times(times, count)
    except ValueError as error:
        raise FileError(f"{path}: the times {error}; expected one for each pose, rising") from None


def poses_from_quaternions(path: Path, quaternions: Matrix, translations: Matrix) -> Matrix:
    """Matrices (K, 4, 4) of unit quaternions w, x, y, z (K, 4) and translations (K, 3).

    Raises:
        FileError: a quaternion whose length is not 1 within 1 %, or a value that is not finite.
    """
    # Squares of damaged numbers may overflow.
    lengths = np.linalg.norm(np.clip(quaternions, -2, 2), axis=1)
    wrong = ~(np.abs(lengths - 1) <= 0.01) | ~np.isfinite(translations).all(1)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise FileError(
            f"{path}: pose {i} has the quaternion {quaternions[i].tolist()} at "
            f"{translations[i].tolist()}; expected finite numbers, and a quaternion of length 1"
        )
    matrices = np.tile(np.eye(4), (len(quaternions), 1, 1))
    matrices[:, :3, :3] = Rotation.from_quat(quaternions[:, [1, 2, 3, 0]]).as_matrix()
    matrices[:, :3, 3] = translations
    return matrices
