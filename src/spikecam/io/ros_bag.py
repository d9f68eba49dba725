"""Bags of ROS 2: folders that hold pictures as messages of one topic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_folder
from spikecam.io.pictures import quantize_to_levels

ROS_BAG = ".rosbag"
TOPIC, FRAME_ID = "/spikecam/image", "spike_camera"
_IMAGE, _HEADER, _TIME = (
    "sensor_msgs/msg/Image",
    "std_msgs/msg/Header",
    "builtin_interfaces/msg/Time",
)
# Of the bag's metadata: what ROS 2 Humble writes, and all later ones read.
_BAG_VERSION: Literal[8] = 8
_NANOSECONDS = 1_000_000_000


def check_ros_bag_output(fps: float) -> None:
    """Refuse a bag where the package that writes it is missing, or pictures too fast or slow.

    Raises:
        OptionError: frames per second that are not positive, or above a million.
        SpikecamError: the package is not installed.
    """
    require_packages("rosbags", extra="ros", purpose="bags of ROS 2")
    if not 0 < fps <= 1_000_000:
        raise OptionError(f"a bag has up to 1000000 frames per second, above 0, not {fps:g}")


def is_existing_bag_file(path: Path) -> bool:
    """Whether a path is an existing file of a bag."""
    return path.is_file() and (path.name == "metadata.yaml" or path.suffix in (".db3", ".mcap"))


def write_ros_bag(
    path: str | os.PathLike[str],
    pictures: Iterable[npt.ArrayLike],
    *,
    fps: float,
    bits: int = 8,
    overwrite: bool = False,
) -> None:
    """Write pictures as messages ``sensor_msgs/msg/Image`` of the topic ``/spikecam/image``.

    The first has the time 0. Encodings are mono8, mono16, rgb8 and rgb16. The folder appears when
    all are written.

    Args:
        path: the folder.
        pictures: (H, W) or (H, W, 3) each, floats in [0, 1] or uint8.
        fps: pictures per second, by which the times of the messages are spaced.
        bits: bits a channel, 8 or 16.
        overwrite: replace a folder that holds nothing but a bag.

    Raises:
        OptionError: no pictures, or values outside [0, 1].
        OutputError: the folder is in use, or cannot be written.
        SpikecamError: the package that writes bags is not installed.
    """
    check_ros_bag_output(fps)
    from rosbags.rosbag2 import Writer
    from rosbags.typesys import Stores, get_typestore

    path = Path(path)
    types = get_typestore(Stores.ROS2_HUMBLE)
    with atomic_folder(path, is_replaceable=is_existing_bag_file if overwrite else None) as folder:
        # The writer makes a folder of its own, and names the file in it by the folder.
        inner = folder / path.stem
        count = 0
        with Writer(inner, version=_BAG_VERSION) as bag:
            topic = bag.add_connection(TOPIC, _IMAGE, typestore=types)
            for count, picture in enumerate(pictures, start=1):
                time = round((count - 1) * _NANOSECONDS / fps)
                message = _image_message(types.types, quantize_to_levels(picture, bits), time)
                bag.write(topic, time, types.serialize_cdr(message, _IMAGE))
        if not count:
            raise OptionError(f"{path}: there are no frames to write")
        for file in inner.iterdir():
            shutil.move(file, folder)
        inner.rmdir()


def _image_message(types: Any, levels: npt.NDArray[Any], time: int) -> Any:
    """Make a message of the levels of a picture; ``time`` is in nanoseconds."""
    height, width = levels.shape[:2]
    little_endian = np.ascontiguousarray(levels, levels.dtype.newbyteorder("<"))
    return types[_IMAGE](
        header=types[_HEADER](types[_TIME](*divmod(time, _NANOSECONDS)), FRAME_ID),
        height=height,
        width=width,
        encoding=("mono" if levels.ndim == 2 else "rgb") + str(8 * levels.itemsize),
        is_bigendian=0,
        step=little_endian[0].nbytes,
        data=little_endian.reshape(-1).view(np.uint8),
    )
