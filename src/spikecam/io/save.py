"""`save`: recordings, pictures, videos, folders and archives, by the ending of the name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.io.output import open_output
from spikecam.io.paths import PathLike
from spikecam.io.recording import write_recording
from spikecam.stream import SpikeStream


def save(
    path: PathLike,
    content: SpikeStream | npt.ArrayLike | Iterable[npt.ArrayLike],
    *,
    fps: float | None = None,
    bits: int | None = None,
    frame_indices: Sequence[int] | None = None,
    overwrite: bool | None = None,
    hdr: bool = False,
) -> None:
    """Save a recording, a picture or a sequence of pictures. The ending chooses the format.

    Args:
        path: the ending of a recording for a `SpikeStream`; ``.png``, ``.jpg``, ``.tiff`` for a
            picture; ``.mp4``, ``.gif``, ``.zip`` for a sequence; a name without an ending, or one
            that ends in ``/``, is a folder of PNG files.
        content: a `SpikeStream`; a picture (H, W) or (H, W, 3); or a sequence of them, as an array
            with a leading axis or any iterable, which is written as it comes.
        fps: pictures per second of a video, 30 where it is not given.
        bits: bits a channel of pictures, 8 or 16; 8 where it is not given.
        frame_indices: numbers that the files of a folder are named by; from 0 where not given.
        overwrite: True replaces files and folders of pictures, False refuses both, None replaces
            files and refuses folders.
        hdr: ``content`` is linear light that may be above 1, as `deblur` gives with ``hdr``, for
            ``.exr``, 16-bit ``.tiff`` or a folder of ``.exr``; see `open_output`.

    Raises:
        OptionError: a picture where a sequence belongs or the reverse, values outside [0, 1].
        OutputError: the path cannot be written.
    """
    if isinstance(content, SpikeStream):
        write_recording(path, content, overwrite=overwrite)
        return
    output = open_output(path, fps=fps, bits=bits, overwrite=overwrite, hdr=hdr)
    if output.kind == "picture":
        output.write([np.asarray(content)])
    elif _is_picture(content):
        raise OptionError(f"{path} takes a sequence of pictures, and this is one; name a .png")
    else:
        pictures: Any = content
        output.write(pictures, frame_indices)


def _is_picture(content: object) -> bool:
    return isinstance(content, np.ndarray) and (
        content.ndim == 2 or (content.ndim == 3 and content.shape[2] == 3)
    )
