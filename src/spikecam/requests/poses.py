"""A request for the poses of a camera, from its pictures or from its spikes by a method."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.errors import FileError, OptionError
from spikecam.extras import require_packages
from spikecam.frames import Frames
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size, read_picture
from spikecam.picture import Picture
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD
from spikecam.requests.reconstruct import ReconstructRequest
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.requests.scene_cameras import check_fov
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.pose_files.nerf import write_transforms
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.pose_files.read import read_poses
from spikecam.views.structure_from_motion import (
    MIN_PICTURES,
    EstimatedPoses,
    estimate_poses,
)
from spikecam.views.trajectory_error import TrajectoryError, trajectory_error

# Pictures of a recording: 3 degrees of a turn from one to the next.
DEFAULT_FRAMES = 120
# Percentiles of the rates that are black and white, and the gamma, of pictures to match.
_STRETCH, _GAMMA = (1.0, 99.9), 2.2


@dataclass(frozen=True, eq=False)
class CheckedPoses:
    """Poses that can be estimated.

    Attributes:
        count: number of pictures.
        make_pictures: reads or reconstructs them, in the order of time.
        intrinsics: of the camera; None where they are estimated.
        times: of the pictures, (count,); None of plain pictures.
        files: of plain pictures; None of a recording.
        truth: true poses of the pictures, (count, 4, 4), where they are known.
        choice: sentence on the method that was chosen for the user, or empty.
    """

    count: int
    make_pictures: Callable[[], Iterator[Picture]]
    intrinsics: Intrinsics | None
    times: Matrix | None
    files: tuple[Path, ...] | None
    truth: Matrix | None
    choice: str = ""

    def estimate(self, pictures: Iterable[Picture] | None = None) -> EstimatedPoses:
        """Estimate the poses, as `estimate_poses`.

        Args:
            pictures: those of ``make_pictures``, where their progress is shown.
        """
        return estimate_poses(
            self.make_pictures() if pictures is None else pictures, self.intrinsics
        )

    def error(self, estimate: EstimatedPoses) -> TrajectoryError | None:
        """Error of the registered views, where the truth is known."""
        if self.truth is None:
            return None
        return trajectory_error(estimate.world_to_camera, self.truth[list(estimate.indices)])

    def write(self, path: PathLike, estimate: EstimatedPoses) -> None:
        """Write the registered views to a transforms.json.

        Raises:
            OutputError: the file cannot be written.
        """
        registered = list(estimate.indices)
        write_transforms(
            path,
            estimate.world_to_camera,
            estimate.intrinsics,
            times=None if self.times is None else self.times[registered],
            pictures=None if self.files is None else [self.files[i] for i in registered],
        )


@dataclass(frozen=True)
class PosesRequest:
    """Request for poses, as plain values.

    Attributes:
        source: a recording; or the files of pictures, in the order of time.
        method: that makes pictures of a recording; by default it is chosen by light and motion.
        options: of the method.
        frames: of a recording: how many, spread evenly, or which, as `ReconstructRequest` takes
            them.
        fov: horizontal field of view in degrees; by default it is estimated.
        truth: file of the true poses, with times for a recording.
    """

    source: Spikes | Sequence[PathLike]
    method: str = DEFAULT_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    frames: Frames | str | None = None
    fov: float | None = None
    truth: PathLike | None = None

    def check(self) -> CheckedPoses:
        """Check the request before work starts.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        require_packages("pycolmap", extra="poses", purpose="poses from pictures")
        check_fov(self.fov)
        truth = None if self.truth is None else read_poses(self.truth)
        if isinstance(self.source, Sequence):
            return self._check_pictures([Path(file) for file in self.source], truth)
        return self._check_recording(self.source, truth)

    def _check_pictures(self, files: Sequence[Path], truth: PoseFile | None) -> CheckedPoses:
        if self.frames is not None or self.options or self.method != DEFAULT_METHOD:
            raise OptionError("a method and frames are for a recording; leave them out")
        _check_count(len(files))
        height, width = picture_size(files[0])
        return CheckedPoses(
            len(files),
            lambda: map(read_picture, files),
            self._intrinsics(width, height),
            None,
            tuple(files),
            None if truth is None else _true_poses(truth, files),
        )

    def _check_recording(self, spikes: Spikes, truth: PoseFile | None) -> CheckedPoses:
        stream = open_spikes(spikes)
        frames = self.frames
        if frames is None:
            frames = min(DEFAULT_FRAMES, max(1, len(stream) // 2))
        checked = ReconstructRequest(
            stream, self.method, self.options, frames=frames, stretch=_STRETCH, gamma=_GAMMA
        ).check("folder")
        _check_count(len(checked.frames))
        times = np.asarray(checked.frames, np.float64)
        return CheckedPoses(
            len(times),
            lambda: (picture for _, picture in checked.run()),
            self._intrinsics(stream.width, stream.height),
            times,
            None,
            None if truth is None else truth.camera_path().pose_at(times),
            checked.choice,
        )

    def _intrinsics(self, width: int, height: int) -> Intrinsics | None:
        if self.fov is None:
            return None
        return Intrinsics.from_field_of_view(width, height, math.radians(self.fov))


def _check_count(count: int) -> None:
    if count < MIN_PICTURES:
        raise OptionError(
            f"poses need {MIN_PICTURES} pictures or more, not {count}; give pictures a few degrees "
            "apart"
        )


def _true_poses(truth: PoseFile, files: Sequence[Path]) -> Matrix:
    """True poses of pictures, by their paths."""
    if truth.pictures is None:
        raise FileError(
            f"{truth.path} does not name the picture of each pose; give a transforms.json that does"
        )
    numbers = {path.resolve(): i for i, path in enumerate(truth.pictures)}
    missing = next((file for file in files if file.resolve() not in numbers), None)
    if missing is not None:
        raise FileError(f"{truth.path} has no pose of {missing}; give the poses of all pictures")
    return truth.world_to_camera[[numbers[file.resolve()] for file in files]]
