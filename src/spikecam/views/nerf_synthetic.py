"""Pictures with poses, as NeRF's synthetic scenes: a transforms.json and a PNG for each frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.gray import as_gray
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.io.pictures import read_picture
from spikecam.picture import Picture
from spikecam.views.camera import Camera
from spikecam.views.pose_files.nerf import read_transforms


def read_posed_pictures(
    path: PathLike,
    size: tuple[int, int] | None = None,
    *,
    background: float = 0.0,
    gray: bool = False,
) -> list[tuple[Camera, Picture]]:
    """Read the pictures that a transforms.json names, with their cameras.

    All arithmetic is on display values, as the data set's users do.

    Args:
        path: the transforms.json.
        size: height and width to make the pictures smaller, by the mean over areas.
        background: value in [0, 1] behind what is transparent.
        gray: weigh the channels by `spikecam.gray.GRAY_WEIGHTS`.

    Returns:
        cameras and pictures in the order of the file; float32 in [0, 1], (H, W, 3), or (H, W) of
        gray.

    Raises:
        FileError: a bad file, one that names no pictures, or pictures that cannot be read.
        GeometryError: pictures of other sizes than the first, or smaller than ``size``.
        OptionError: a background outside [0, 1], or a file without a field of view.
    """
    if not 0 <= background <= 1:
        raise OptionError(f"a background is in [0, 1], not {background:g}")
    poses = read_transforms(path)
    if poses.pictures is None:
        raise FileError(f'{path} names no pictures; write "file_path" in each frame')
    pictures = []
    first = None
    for picture_path in poses.pictures:
        whole = _as_colour(read_composite(picture_path, background))
        first = first or whole.shape[:2]
        if whole.shape[:2] != first:
            raise GeometryError(
                f"{picture_path} is of {whole.shape[1]}x{whole.shape[0]}, and the first picture "
                f"of {first[1]}x{first[0]}; make them alike"
            )
        picture = _resize(picture_path, whole, size or first)
        pictures.append(as_gray(picture) if gray else picture)
    height, width = pictures[0].shape[:2]
    intrinsics = poses.intrinsics_for(width, height)
    return [
        (Camera(intrinsics, pose), picture)
        for pose, picture in zip(poses.world_to_camera, pictures, strict=True)
    ]


def read_composite(path: Path, background: float) -> Picture:
    """Read a picture, and put what is transparent over a background.

    Args:
        path: of the picture.
        background: value in [0, 1].

    Returns:
        float32, (H, W, 3), or (H, W) where the file is gray.

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


def _as_colour(picture: Picture) -> Picture:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def _resize(path: Path, picture: Picture, size: tuple[int, int]) -> Picture:
    height, width = size
    if picture.shape[:2] == (height, width):
        return picture
    if not (0 < height <= picture.shape[0] and 0 < width <= picture.shape[1]):
        raise GeometryError(
            f"{path} is of {picture.shape[1]}x{picture.shape[0]}, and pictures are not made "
            f"larger; choose a size up to that, not {width}x{height}"
        )
    smaller = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(smaller, 0, 1), np.float32)
