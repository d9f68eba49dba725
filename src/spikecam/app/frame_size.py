"""Candidate frame sizes of a recording that does not say its own, with a preview of each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from spikecam.app.png import encode_png
from spikecam.errors import GeometryError
from spikecam.frames import longest_window
from spikecam.io.geometry import CAMERAS, Geometry
from spikecam.io.paths import check_existing_file
from spikecam.io.recording import open as open_recording
from spikecam.io.recording_format import find_format_or_none
from spikecam.reconstruction.reconstruct import reconstruct
from spikecam.show.display import DisplayMapping
from spikecam.stream import SpikeStream

_PREVIEW_WINDOW_FRAMES = 101


class CandidateSize(NamedTuple):
    """A size that the frames of a file may have.

    Attributes:
        width, height: in pixels.
        camera: name of a camera that has it.
        divides_file: whether the file is a whole number of such frames.
    """

    width: int
    height: int
    camera: str
    divides_file: bool


def list_camera_sizes_fitting_first(recording_path: Path) -> list[CandidateSize]:
    """List the frame sizes of known cameras, those that fit the length of the file first."""
    file_bytes = recording_path.stat().st_size
    cameras = {geometry: name for name, geometry in reversed(CAMERAS.items())}
    sizes = [
        CandidateSize(geometry.width, geometry.height, name, file_bytes % geometry.frame_bytes == 0)
        for geometry, name in cameras.items()
        if file_bytes >= geometry.frame_bytes
    ]
    return sorted(sizes, key=lambda size: not size.divides_file)


def read_recording(path: Path, camera: str | tuple[int, int] | None = None) -> SpikeStream:
    """Read a recording by the frame size of a camera, whatever its sidecar file says.

    A frame that is not whole, at the end, is left out.

    Args:
        path: the recording.
        camera: a camera's name, or (height, width); None for what the recording says.

    Raises:
        SpikecamError: as `spikecam.open`.
    """
    form = find_format_or_none(path)
    if camera is None or form is None or not form.needs_geometry:
        return open_recording(path, camera, truncate=True)
    return form.read(check_existing_file(path), camera_geometry(camera), True).with_name(str(path))


def camera_geometry(camera: str | tuple[int, int]) -> Geometry:
    """Geometry of a camera's name, or of (height, width).

    Raises:
        GeometryError: no such camera, or no such size.
    """
    if not isinstance(camera, str):
        return Geometry(*camera)
    for name, geometry in CAMERAS.items():
        if name.lower() == camera.lower():
            return geometry
    raise GeometryError(f"no camera is called {camera!r}; known cameras: {', '.join(CAMERAS)}")


@lru_cache(maxsize=64)
def preview_png(recording_path: Path, camera: str | tuple[int, int], modified: float = 0) -> bytes:
    """Preview of a recording as a PNG file, if its frames have the size of this camera.

    It is TFP in the middle of the recording. With the right size it is a picture; with a wrong one
    it falls apart into stripes.

    Args:
        recording_path: a recording without a header.
        camera: a camera's name, or (height, width).
        modified: when the file was modified last; a result is cached for this time.

    Raises:
        GeometryError, FileError: the file holds no whole frame, or cannot be read.
    """
    stream = read_recording(recording_path, camera)
    window = min(_PREVIEW_WINDOW_FRAMES, longest_window(len(stream)))
    picture = reconstruct(stream, len(stream) // 2, window=window)
    return encode_png(DisplayMapping.fit(picture)(picture))
