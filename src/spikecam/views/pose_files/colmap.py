"""Models of COLMAP: a folder of cameras and images, as .txt or .bin.

https://colmap.github.io/format.html: world-to-camera poses, OpenCV axes, pixel middles at 0.5.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.views.camera import Intrinsics
from spikecam.views.pose_files.pose_file import PoseFile, check_pose_file, poses_from_quaternions

_ENDINGS = (".bin", ".txt")
# COLMAP's camera models in the order of their numbers in .bin files, with their numbers of
# parameters.
_MODELS = {
    "SIMPLE_PINHOLE": 3,
    "PINHOLE": 4,
    "SIMPLE_RADIAL": 4,
    "RADIAL": 5,
    "OPENCV": 8,
    "OPENCV_FISHEYE": 8,
    "FULL_OPENCV": 12,
    "FOV": 5,
    "SIMPLE_RADIAL_FISHEYE": 4,
    "RADIAL_FISHEYE": 5,
    "THIN_PRISM_FISHEYE": 12,
}
# Numbers of focal lengths of the models that are pinholes where their distortion is 0.
_FOCAL_LENGTHS = {
    "SIMPLE_PINHOLE": 1,
    "PINHOLE": 2,
    "SIMPLE_RADIAL": 1,
    "RADIAL": 1,
    "OPENCV": 2,
    "FULL_OPENCV": 2,
}


@dataclass(frozen=True)
class _Image:
    name: str
    camera: int
    pose: tuple[float, ...]  # quaternion w, x, y, z and translation, world to camera


def is_colmap_model(folder: Path) -> bool:
    """Whether a folder holds a model of COLMAP."""
    return any((folder / f"cameras{ending}").is_file() for ending in _ENDINGS)


def read_colmap_model(folder: PathLike) -> PoseFile:
    """Read a model of COLMAP, images in the order of their names.

    All images have one camera. Pictures are named as in the model, and lie elsewhere.

    Raises:
        FileError: not a model, a camera with distortion, several cameras, or bad poses.
    """
    folder = Path(folder)
    ending = next((e for e in _ENDINGS if (folder / f"cameras{e}").is_file()), None)
    if ending is None:
        raise FileError(
            f"{folder} holds no model of COLMAP; expected cameras and images as .bin or .txt, "
            "which are mostly in sparse/0"
        )
    per_byte = 1 if ending == ".bin" else 4
    paths = [
        check_pose_file(folder / f"{name}{ending}", memory_per_byte=per_byte)
        for name in ("cameras", "images")
    ]
    try:
        if ending == ".bin":
            cameras, images = _read_binary_cameras(paths[0]), _read_binary_images(paths[1])
        else:
            cameras, images = _read_text_cameras(paths[0]), _read_text_images(paths[1])
    except (ValueError, IndexError, KeyError, OverflowError, struct.error) as error:
        raise FileError(
            f"{folder} holds a damaged model of COLMAP ({error}); export it again"
        ) from None
    if not images:
        raise FileError(f"{folder} has no images with a pose; make the model again")
    images.sort(key=lambda image: image.name)
    unknown = {image.camera for image in images} - cameras.keys()
    if unknown:
        raise FileError(f"{folder}: camera {min(unknown)} of an image is missing; export it again")
    distinct = {cameras[image.camera] for image in images}
    if len(distinct) > 1:
        raise FileError(
            f"{folder} has {len(distinct)} cameras; make the model with one for all pictures "
            "(--ImageReader.single_camera 1)"
        )
    poses = np.array([image.pose for image in images])
    return PoseFile(
        folder,
        poses_from_quaternions(folder, poses[:, :4], poses[:, 4:]),
        pictures=tuple(Path(image.name) for image in images),
        intrinsics=_pinhole(folder, *distinct.pop()),
    )


_CameraRow = tuple[str, int, int, tuple[float, ...]]


def _pinhole(
    folder: Path, model: str, width: int, height: int, values: tuple[float, ...]
) -> Intrinsics:
    if model not in _FOCAL_LENGTHS:
        raise FileError(
            f"{folder} has a camera of the model {model}, which is no pinhole; undistort the "
            "pictures first, as colmap image_undistorter does"
        )
    focal_lengths = _FOCAL_LENGTHS[model]
    fx, fy, cx, cy = values[0], values[focal_lengths - 1], *values[focal_lengths:][:2]
    if any(values[focal_lengths + 2 :]):
        raise FileError(
            f"{folder} has a camera with lens distortion ({model}); undistort the pictures first, "
            "as colmap image_undistorter does"
        )
    if not np.isfinite(values).all() or min(width, height, fx, fy) <= 0:
        raise FileError(f"{folder}: the camera has no size or focal length; export it again")
    return Intrinsics(width, height, fx, fy, cx, cy)


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _read_text_cameras(path: Path) -> dict[int, _CameraRow]:
    cameras = {}
    for line in _lines(path):
        if words := line.split():
            row = (words[1], int(words[2]), int(words[3]), tuple(map(float, words[4:])))
            if len(row[3]) != _MODELS[words[1]]:
                raise ValueError(f"{words[1]} has {len(row[3])} parameters")
            cameras[int(words[0])] = row
    return cameras


def _read_text_images(path: Path) -> list[_Image]:
    # Each image has a second line, of its points, which may be empty.
    images = []
    for line in _lines(path)[::2]:
        if line.strip():
            words = line.split(maxsplit=9)
            images.append(_Image(words[9], int(words[8]), tuple(map(float, words[1:8]))))
    return images


def _read_binary_cameras(path: Path) -> dict[int, _CameraRow]:
    content = path.read_bytes()
    (count,) = struct.unpack_from("<Q", content)
    position, cameras = 8, {}
    for _ in range(count):
        number, model, width, height = struct.unpack_from("<IiQQ", content, position)
        if not 0 <= model < len(_MODELS):
            raise ValueError(f"camera model {model} is unknown")
        name = list(_MODELS)[model]
        parameters = struct.unpack_from(f"<{_MODELS[name]}d", content, position + 24)
        cameras[number] = (name, width, height, parameters)
        position += 24 + 8 * len(parameters)
    return cameras


def _read_binary_images(path: Path) -> list[_Image]:
    content = path.read_bytes()
    (count,) = struct.unpack_from("<Q", content)
    position, images = 8, []
    for _ in range(count):
        _, *pose, camera = struct.unpack_from("<I7dI", content, position)
        end = content.index(b"\0", position + 64)
        (points,) = struct.unpack_from("<Q", content, end + 1)
        images.append(_Image(content[position + 64 : end].decode(), camera, tuple(pose)))
        position = end + 9 + 24 * points
    if position > len(content):
        raise ValueError(f"{path.name} ends early")
    return images
