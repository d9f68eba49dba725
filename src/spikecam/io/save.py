"""`save`: recordings, pictures, videos and folders of frames, by the ending of the name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError, OutputError
from spikecam.io.atomic import check_file, check_folder
from spikecam.io.pictures import PICTURES, check_depth, write_picture
from spikecam.io.recording import RECORDINGS, write_recording
from spikecam.io.video import VIDEOS, check_video, write_folder, write_video
from spikecam.stream import SpikeStream

_NOT_WRITTEN = (".avi", ".mov", ".mkv", ".webm", ".bmp", ".webp", ".jp2", ".exr", ".npy")


def kind_of(path: str | os.PathLike[str]) -> str:
    """What a result at ``path`` is: "picture", "video" or "folder".

    ``.mp4`` and ``.gif`` are videos, ``.png`` and its like are one picture, anything else is a
    folder of PNG files.

    Raises:
        OutputError: an ending that promises a format which is not written here.
    """
    suffix = Path(path).suffix.lower()
    if suffix in _NOT_WRITTEN or suffix in RECORDINGS:
        raise OutputError(
            f"{path}: pictures are not written as {suffix}; name a .png, .jpg or .tiff, a video "
            ".mp4 or .gif, or a folder"
        )
    return "video" if suffix in VIDEOS else "picture" if suffix in PICTURES else "folder"


def check_save(path: str | os.PathLike[str], *, fps: float = 30, depth: int = 8) -> None:
    """Refuse, before any work, what `save` would refuse of a path, a speed and a depth.

    Raises:
        OptionError: a depth or speed that the format does not have.
        OutputError: an ending that is not written, a folder that is in use, a place that is not
            to be written.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "folder":
        check_folder(path)
        check_depth(path / "000.png", depth)
        return
    check_file(path)
    if kind == "picture":
        check_depth(path, depth)
        return
    check_video(path, fps)
    if depth != 8:
        raise OptionError("video has 8 bits a channel; write a folder of PNG files for 16")


def save(
    path: str | os.PathLike[str],
    what: SpikeStream | npt.ArrayLike | Iterable[npt.ArrayLike],
    *,
    fps: float = 30,
    depth: int = 8,
    numbers: Sequence[int] | None = None,
) -> None:
    """Save a recording, a picture or a sequence of pictures; the ending chooses the format.

    Args:
        path: ``.dat``, ``.npz``, ``.h5`` for a `SpikeStream`; ``.png``, ``.jpg``, ``.tiff`` for
            a picture; ``.mp4``, ``.gif`` for a sequence; another name is a folder of PNG files.
        what: a `SpikeStream`; a picture (H, W) or (H, W, 3); or a sequence of them, as an array
            with a leading axis or any iterable, which is written as it comes.
        fps: frames per second of a video.
        depth: bits a channel of pictures, 8 or 16.
        numbers: names of the frames in a folder; counted from 0 where they are not given.

    Raises:
        OptionError: a picture where a sequence belongs or the reverse, values outside [0, 1].
        OutputError: the path cannot be written.
    """
    if isinstance(what, SpikeStream):
        write_recording(path, what)
        return
    check_save(path, fps=fps, depth=depth)
    kind = kind_of(path)
    if kind == "picture":
        write_picture(path, np.asarray(what), depth=depth)
        return
    if isinstance(what, np.ndarray) and (what.ndim == 2 or (what.ndim == 3 and what.shape[2] == 3)):
        raise OptionError(f"{path} takes a sequence of pictures, and this is one; name a .png")
    frames: Iterable[npt.ArrayLike] = what  # type: ignore[assignment]
    if kind == "video":
        write_video(path, frames, fps=fps)
    else:
        write_folder(path, frames, numbers, depth=depth)
