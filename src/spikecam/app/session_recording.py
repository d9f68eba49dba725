"""The recording that a session has open, as a command finds it."""

from __future__ import annotations

from spikecam.app.session import Session
from spikecam.errors import OptionError
from spikecam.io.geometry import CAMERAS, read_sidecar
from spikecam.io.paths import check_existing_file
from spikecam.io.recording_format import find_format_or_none
from spikecam.requests.recording_file import RecordingFile


def recording_of_session(session: Session) -> RecordingFile:
    """The recording that a session has open, as a command finds it.

    An uploaded one lies in a temporary folder, and is called by its name; a sidecar file there goes
    with the folder, so that size and rate are given.

    Raises:
        OptionError: none is open.
        FileError: its file is gone, or its sidecar file is damaged.
    """
    path, stream = session.path, session.stream
    if path is None or stream is None:
        raise OptionError("open a recording first")
    is_upload = path.parent == session.files.uploads
    form, camera, size, rate = find_format_or_none(path), session.camera, None, session.rate
    is_cut = False
    if form is not None and form.needs_geometry:
        frame_bytes = stream.packed(0, 1).shape[1]
        is_cut = check_existing_file(path).stat().st_size % frame_bytes != 0
        if is_upload:
            camera = camera or _camera_of_wide_rows(session)
            rate = stream.rate
        if camera is None and is_upload:
            size = stream.width, stream.height
        elif camera is not None and not isinstance(camera, str):
            size, camera = (camera[1], camera[0]), None
    else:
        camera = None
    return RecordingFile(
        path.name if is_upload else str(path),
        size,
        camera if isinstance(camera, str) else None,
        rate,
        truncate=is_cut,
    )


def _camera_of_wide_rows(session: Session) -> str | None:
    """The camera whose stored rows are as wide as a sidecar file says; None for usual rows."""
    sidecar = None if session.path is None else read_sidecar(session.path)
    if sidecar is None or sidecar.row_width is None:
        return None
    stored = sidecar.height, sidecar.width, sidecar.row_width
    cameras = CAMERAS.items()
    return next((n for n, c in cameras if (c.height, c.width, c.row_width) == stored), None)
