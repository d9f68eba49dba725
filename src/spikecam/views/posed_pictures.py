"""Pictures that a file of poses names, as values or as light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from spikecam.encoding import Encoding
from spikecam.errors import FileError, GeometryError
from spikecam.io.exr import is_exr, read_exr
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import picture_size, read_picture
from spikecam.picture import Picture
from spikecam.resources import check_memory
from spikecam.views.background import check_background
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.pose_files.pose_file import SHAPE_TOLERANCE, PoseFile

# As float32 of three colours.
_BYTES_PER_PIXEL = 12


@dataclass(frozen=True, eq=False)
class PosedPictures:
    """The pictures of a file of poses, which are read when they are used.

    Pictures are composited and made smaller as values, as users of NeRF's data sets do, and then
    decoded to light. OpenEXR files hold light, over black where they are transparent.

    Attributes:
        poses: file that names them.
        encoding: of their values.
        background: value in [0, 1] behind what is transparent.
        size: height and width to make them smaller, by the mean over areas; by default their own.

    Raises:
        FileError: the file names no pictures, or one is missing.
        GeometryError: pictures of different sizes, smaller than ``size``, or of another shape.
        OptionError: a background outside [0, 1].
        ResourceError: they do not fit into the memory.
    """

    poses: PoseFile
    encoding: Encoding
    background: float = 0.0
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        check_background(self.background)
        first = own_height, own_width = picture_size(self.files[0])
        height, width = self.size or first
        if not (0 < height <= own_height and 0 < width <= own_width):
            raise GeometryError(
                f"{self.files[0]} is of {own_width}x{own_height}, and pictures are not made "
                f"larger; choose a size up to that, not {width}x{height}"
            )
        if abs(width * own_height / (height * own_width) - 1) > SHAPE_TOLERANCE:
            raise GeometryError(
                f"{self.files[0]} is of {own_width}x{own_height}, which has another shape than "
                f"{width}x{height}; choose a size of the shape of the pictures"
            )
        check_memory(
            len(self.files) * height * width * _BYTES_PER_PIXEL,
            f"{self.poses.path}: {len(self.files)} pictures of {width}x{height}",
            "choose fewer or smaller ones",
        )
        for file in self.files[1:]:
            other_height, other_width = picture_size(file)
            if (other_height, other_width) != first:
                raise GeometryError(
                    f"{file} is of {other_width}x{other_height}, and {self.files[0]} of "
                    f"{own_width}x{own_height}; make the pictures alike"
                )

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the pictures, one for each pose."""
        return self.poses.named_pictures()

    def intrinsics(self, fov: float | None = None) -> Intrinsics:
        """Intrinsics of the pictures; errors are those of `PoseFile.intrinsics_for`.

        Args:
            fov: horizontal field of view in degrees, where the poses have none.
        """
        height, width = self.size or picture_size(self.files[0])
        return self.poses.intrinsics_for(width, height, fov)

    def cameras(self, fov: float | None = None) -> list[Camera]:
        """Cameras of the pictures; argument and errors are those of `intrinsics`."""
        intrinsics = self.intrinsics(fov)
        return [Camera(intrinsics, pose) for pose in self.poses.world_to_camera]

    def iter_light(self) -> Iterator[Picture]:
        """Yield the light of each picture, 1 for white, float32 (H, W) or (H, W, 3).

        Raises:
            FileError: a picture that cannot be read.
        """
        for file in self.files:
            if is_exr(file):
                yield self._resize(read_exr(check_existing_file(file)))
            else:
                values = self._resize(_read_composite(file, self.background))
                yield self.encoding.decode(np.clip(values, 0, 1))

    def _resize(self, picture: Picture) -> Picture:
        if self.size in (None, picture.shape[:2]):
            return picture
        height, width = self.size
        smaller = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.float32)


def _read_composite(path: Path, background: float) -> Picture:
    """Values of a picture, (H, W) or (H, W, 3), with what is transparent over a background.

    Raises:
        FileError: missing, or not a picture.
    """
    try:
        with Image.open(check_existing_file(path)) as image:
            if image.mode != "RGBA":
                return read_picture(path)
            layers = np.asarray(image, np.float32) / np.float32(255)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise FileError(f"{path} is not a readable picture ({error}); expected PNG") from error
    alpha = layers[..., 3:]
    composite = layers[..., :3] * alpha + np.float32(background) * (1 - alpha)
    return np.asarray(np.minimum(composite, 1), np.float32)
