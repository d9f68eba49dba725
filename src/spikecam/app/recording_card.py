"""A recording in a list: a small picture of its middle, and the size and number of its frames."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

from spikecam.app.frame_size import read_recording
from spikecam.app.frame_view import default_view_settings, reconstruct_frame
from spikecam.app.png import encode_png
from spikecam.app.text import format_duration
from spikecam.errors import FileError
from spikecam.io.geometry import sidecar_path
from spikecam.io.recording_format import find_format_or_none
from spikecam.show.shrunk_picture import shrink_picture
from spikecam.stream import SpikeStream

# Pixels of the longer side of a thumbnail.
_THUMBNAIL_SIDE = 128
# Larger files of formats that are perhaps read as a whole are not opened for a list.
_MAX_FILE_BYTES = 50_000_000
_CACHED_CARDS = 512
# A page asks for many at a time; the picture of an open recording does not wait for them.
_one_at_a_time = threading.Lock()


def thumbnail_png(path: Path, size: int, modified: float) -> bytes:
    """TFP in the middle of a recording as a small PNG file.

    Args:
        path: a recording whose frame size is known.
        size: bytes of the file.
        modified: when it was changed last; a result is cached for this time and for that of its
            sidecar file.

    Raises:
        SpikecamError: it cannot be read, or is too large to be opened for a list.
    """
    return _thumbnail_png(path, size, (modified, _sidecar_modified(path)))


def recording_facts(path: Path, size: int, modified: float) -> list[str]:
    """Size and number of the frames of a recording, and its duration where its rate is known.

    Arguments and errors are those of `thumbnail_png`.
    """
    return _recording_facts(path, size, (modified, _sidecar_modified(path)))


@lru_cache(maxsize=_CACHED_CARDS)
def _thumbnail_png(path: Path, size: int, times: tuple[float, float]) -> bytes:
    with _one_at_a_time:
        stream = _open(path, size)
        middle = len(stream) // 2
        settings = default_view_settings(stream, middle)
        picture = reconstruct_frame(stream, middle, settings)
        display = settings.display_mapping(picture)
        return encode_png(shrink_picture(display(picture), _THUMBNAIL_SIDE))


@lru_cache(maxsize=_CACHED_CARDS)
def _recording_facts(path: Path, size: int, times: tuple[float, float]) -> list[str]:
    with _one_at_a_time:
        stream = _open(path, size)
    return frame_facts(stream.height, stream.width, len(stream), stream.rate)


def _sidecar_modified(path: Path) -> float:
    try:
        return sidecar_path(path).stat().st_mtime
    except OSError:
        return 0


def frame_facts(height: int, width: int, frame_count: int, rate: float | None) -> list[str]:
    """Size and number of frames in words, and their duration where the rate is known."""
    facts = [f"{width} x {height}", f"{frame_count:,} frames"]
    return [*facts, format_duration(frame_count, rate)] if rate and frame_count else facts


def _open(path: Path, size: int) -> SpikeStream:
    form = find_format_or_none(path)
    is_read_in_parts = form is not None and (form.needs_geometry or form.is_folder)
    if size > _MAX_FILE_BYTES and not is_read_in_parts:
        raise FileError(f"{path.name} is too large to be opened for a list")
    return read_recording(path)
