"""Pictures that a file of poses names, as light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spikecam.encoding import Encoding
from spikecam.errors import FileError, GeometryError
from spikecam.io.pictures import picture_size
from spikecam.picture import Picture
from spikecam.resources import check_memory
from spikecam.views.camera import Intrinsics
from spikecam.views.nerf_synthetic import read_composite
from spikecam.views.pose_files.pose_file import PoseFile

# As float32 of three colours.
_BYTES_PER_PIXEL = 12


@dataclass(frozen=True, eq=False)
class PosedPictures:
    """The pictures of a file of poses, which are read when they are used.

    Attributes:
        poses: file that names them.
        encoding: of their values.
        background: value in [0, 1] behind what is transparent.

    Raises:
        FileError: the file names no pictures, or one is missing.
        GeometryError: pictures of different sizes.
        ResourceError: they do not fit into the memory.
    """

    poses: PoseFile
    encoding: Encoding
    background: float = 0.0

    def __post_init__(self) -> None:
        height, width = picture_size(self.files[0])
        check_memory(
            len(self.files) * height * width * _BYTES_PER_PIXEL,
            f"{self.poses.path}: {len(self.files)} pictures of {width}x{height}",
            "choose fewer or smaller ones",
        )
        for file in self.files[1:]:
            other_height, other_width = picture_size(file)
            if (other_height, other_width) != (height, width):
                raise GeometryError(
                    f"{file} is of {other_width}x{other_height}, and {self.files[0]} of "
                    f"{width}x{height}; make the pictures alike"
                )

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the pictures, one for each pose."""
        if self.poses.pictures is None:
            raise FileError(
                f'{self.poses.path} names no pictures; write a "file_path" into each frame'
            )
        return self.poses.pictures

    def intrinsics(self, fov: float | None) -> Intrinsics:
        """Intrinsics of the pictures; errors are those of `PoseFile.intrinsics_for`.

        Args:
            fov: horizontal field of view in degrees, where the poses have none.
        """
        height, width = picture_size(self.files[0])
        return self.poses.intrinsics_for(width, height, fov)

    def iter_light(self) -> Iterator[Picture]:
        """Yield the light of each picture, 1 for white, float32 (H, W) or (H, W, 3).

        Raises:
            FileError: a picture that cannot be read.
        """
        for file in self.files:
            yield self.encoding.decode(read_composite(file, self.background))
