"""The transforms.json of NeRF, instant-ngp and nerfstudio.

https://docs.nerf.studio/quickstart/data_conventions.html: camera-to-world matrices in the camera
axes of OpenGL and Blender (x right, y up, z backward). A frame may have a "time", as in D-NeRF;
blurry photographs beside a recording have an "exposure", which is spikecam's own key.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from spikecam.errors import FileError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import PathLike
from spikecam.io.pictures import PICTURES
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.pose_files.pose_file import (
    PoseFile,
    check_pose_file,
    check_poses_of_file,
    check_times_of_file,
)
from spikecam.views.poses import FLIP_YZ, check_rising_times, invert_poses, rigid_poses

_INTRINSICS = ("w", "h", "fl_x", "fl_y", "cx", "cy", "camera_angle_x")
_DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2")
_PINHOLE_MODELS = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE")
# The reader's list, and what renderers write light in.
_PICTURE_ENDINGS = (*PICTURES, ".exr")


def read_transforms(path: PathLike) -> PoseFile:
    """Read a transforms.json.

    Keys: "camera_angle_x" (radians) or "fl_x", with "fl_y", "cx", "cy", "w", "h" (pixels), for
    all frames or in each; "frames", each with "transform_matrix" (4 x 4), "file_path" (relative to
    the file; without an ending it is a PNG) and "time". The last two stand in every frame or in
    none. "exposure" is the number of frames of the recording that each picture
    was exposed for.

    Raises:
        FileError: not such a file, a camera with distortion or one that changes, or bad poses.
    """
    path = check_pose_file(path)
    content = _read_json(path)
    frames = content.get("frames")
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        raise FileError(f'{path} has no list "frames"; expected a transforms.json as of NeRF')
    if not frames:
        raise FileError(f"{path} has no frames; write a pose for each picture")
    matrices = _column(path, frames, "transform_matrix")
    if matrices is None:
        raise FileError(f'{path}: the frames have no "transform_matrix"; write one in each')
    camera_to_world = check_poses_of_file(path, matrices)
    times = _column(path, frames, "time")
    names = _column(path, frames, "file_path")
    intrinsics, angle_x = _read_intrinsics(path, content, frames)
    return PoseFile(
        path,
        invert_poses(camera_to_world @ FLIP_YZ),
        None if times is None else check_times_of_file(path, _numbers(path, times), len(frames)),
        None if names is None else tuple(_picture_path(path, name) for name in names),
        intrinsics,
        angle_x,
        _read_exposure(path, content),
    )


def _read_exposure(path: Path, content: dict[str, Any]) -> int | None:
    value = content.get("exposure")
    if value is None:
        return None
    if not isinstance(value, float) or not (1 <= value < math.inf and value % 1 == 0):
        raise FileError(
            f'{path}: "exposure" is {value!r}; expected a whole number of frames, at least 1'
        )
    return int(value)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        # All numbers as floats: one that is too large becomes infinite, and is refused as such.
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_int=float)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not a JSON file ({error}); get it again") from None
    if not isinstance(content, dict):
        raise FileError(f"{path} is not a transforms.json as of NeRF; expected an object")
    return content


def _column(path: Path, frames: list[dict[str, Any]], key: str) -> list[Any] | None:
    missing = [i for i, frame in enumerate(frames) if key not in frame]
    if len(missing) == len(frames):
        return None
    if missing:
        raise FileError(f'{path}: frame {missing[0]} has no "{key}", and others have; add it')
    return [frame[key] for frame in frames]


def _numbers(path: Path, values: list[Any]) -> list[float]:
    if not all(isinstance(value, float) for value in values):
        raise FileError(f'{path}: a "time" is not a number; write numbers')
    return values


def _picture_path(path: Path, name: Any) -> Path:
    if not isinstance(name, str) or not name:
        raise FileError(f'{path}: a "file_path" is not a name; write the name of the picture')
    # NeRF's synthetic scenes name their PNG files without the ending.
    ending = "" if name.lower().endswith(_PICTURE_ENDINGS) else ".png"
    return path.parent / (name + ending)


def _read_intrinsics(
    path: Path, content: dict[str, Any], frames: list[dict[str, Any]]
) -> tuple[Intrinsics | None, float | None]:
    settings = [{**content, **frame} for frame in frames]
    for one in settings:
        _refuse_distortion(path, one)
    values = [{key: one[key] for key in _INTRINSICS if key in one} for one in settings]
    camera = values[0]
    if any(other != camera for other in values):
        raise FileError(
            f"{path}: the intrinsics differ between frames; write a file for each camera"
        )
    for key, value in camera.items():
        is_number = isinstance(value, float) and math.isfinite(value)
        if not is_number or (value <= 0 and key not in ("cx", "cy")):
            raise FileError(f'{path}: "{key}" is {value!r}; expected a number above 0')
    angle = camera.get("camera_angle_x")
    if angle is not None and angle >= math.pi:
        raise FileError(f'{path}: "camera_angle_x" is {angle:g}; expected radians below 3.14')
    if "fl_x" not in camera and angle is None:
        return None, None
    if "w" not in camera or "h" not in camera:
        if "fl_x" in camera:
            raise FileError(
                f'{path} has "fl_x" and no size of the pictures; add "w" and "h" in pixels'
            )
        return None, angle
    if camera["w"] % 1 or camera["h"] % 1:
        raise FileError(f'{path}: "w" and "h" are whole numbers of pixels')
    width, height = int(camera["w"]), int(camera["h"])
    focal = camera.get("fl_x") or width / (2 * math.tan(camera["camera_angle_x"] / 2))
    return Intrinsics(
        width,
        height,
        focal,
        camera.get("fl_y", focal),
        camera.get("cx", width / 2),
        camera.get("cy", height / 2),
    ), None


def _refuse_distortion(path: Path, setting: dict[str, Any]) -> None:
    bent = next((key for key in _DISTORTION if setting.get(key)), None)
    model = setting.get("camera_model", "PINHOLE")
    if setting.get("is_fisheye") or model not in _PINHOLE_MODELS:
        raise FileError(
            f"{path} is for a camera that is not a pinhole ({model}); undistort the pictures first"
        )
    if bent:
        raise FileError(
            f'{path} has lens distortion ("{bent}" is {setting[bent]}); undistort the pictures '
            "first, as colmap image_undistorter does"
        )


def write_transforms(
    path: PathLike,
    world_to_camera: Matrix,
    intrinsics: Intrinsics,
    *,
    times: npt.ArrayLike | None = None,
    pictures: Sequence[PathLike] | None = None,
    exposure: int | None = None,
) -> None:
    """Write a transforms.json, which `read_transforms`, nerfstudio and instant-ngp read.

    Args:
        path: the file; replaced if it exists.
        world_to_camera: poses, OpenCV axes, (K, 4, 4).
        intrinsics: of the camera.
        times: of the poses, rising, (K,).
        pictures: paths of the pictures, K; written relative to the folder of the file.
        exposure: frames of the recording that each picture was exposed for.

    Raises:
        OptionError: poses that are not rigid, or numbers of values that differ.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    try:
        poses = rigid_poses(world_to_camera)
        rising = None if times is None else check_rising_times(times, len(poses))
    except ValueError as error:
        raise OptionError(f"{path} is not written: the poses or their times {error}") from None
    if pictures is not None and len(pictures) != len(poses):
        raise OptionError(f"{len(poses)} poses need a picture each, not {len(pictures)}")
    frames: list[dict[str, Any]] = []
    for i, matrix in enumerate(invert_poses(poses) @ FLIP_YZ):
        frame: dict[str, Any] = {}
        if pictures is not None:
            frame["file_path"] = Path(os.path.relpath(pictures[i], path.parent)).as_posix()
        if rising is not None:
            frame["time"] = float(rising[i])
        frames.append({**frame, "transform_matrix": matrix.tolist()})
    content = {
        "camera_model": "PINHOLE",
        "camera_angle_x": 2 * math.atan(intrinsics.width / (2 * intrinsics.fx)),
        "fl_x": intrinsics.fx,
        "fl_y": intrinsics.fy,
        "cx": intrinsics.cx,
        "cy": intrinsics.cy,
        "w": intrinsics.width,
        "h": intrinsics.height,
        **({} if exposure is None else {"exposure": exposure}),
        "frames": frames,
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
