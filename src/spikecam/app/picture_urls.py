"""URLs of the pictures of a page, which contain its session's secret token."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from textwrap import wrap
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Response

from spikecam.app.file_list import FileEntry
from spikecam.app.frame_size import preview_png
from spikecam.app.frame_view import ViewSettings
from spikecam.app.png import encode_png
from spikecam.app.recording_card import thumbnail_png
from spikecam.app.session import Session
from spikecam.app.text import legible_text, path_from_url_text, path_to_url_text
from spikecam.errors import SpikecamError
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import read_picture
from spikecam.show.shrunk_picture import shrink_picture

# Pixels of the longer side of a picture that may be chosen.
_CANDIDATE_SIDE = 960

Sessions = Mapping[str, Session]


def frame_url(
    session: Session, frame_index: int, settings: ViewSettings, *, is_second: bool = False
) -> str:
    """URL of the picture of one frame of the recording, or of the second one."""
    query: dict[str, str | int] = {
        "version": session.version,
        "frame_index": frame_index,
        "settings": settings.to_json(),
    }
    if is_second:
        query["second"] = session.second_version
    return f"/session/{session.token}/frame?{urlencode(query)}"


def size_preview_url(session: Session, path: Path, camera: str | tuple[int, int]) -> str:
    """URL of the preview of a recording at the frame size of a camera, or (height, width)."""
    size: Mapping[str, str | int]
    if isinstance(camera, str):
        size = {"camera": camera}
    else:
        size = {"height": camera[0], "width": camera[1]}
    return f"/session/{session.token}/preview?{urlencode({'path': path_to_url_text(path), **size})}"


def thumbnail_url(session: Session, entry: FileEntry) -> str:
    """URL of a small picture of a recording of a list."""
    return f"/session/{session.token}/thumbnail?{urlencode({'path': path_to_url_text(entry.path)})}"


def candidate_picture_url(session: Session, path: Path) -> str:
    """URL of a picture that may belong to the recording, made small."""
    return f"/session/{session.token}/candidate?{urlencode({'path': path_to_url_text(path)})}"


def blurry_picture_url(session: Session) -> str:
    """URL of the blurry picture of the sequence."""
    return f"/session/{session.token}/blur?{urlencode({'version': session.version})}"


def sequence_picture_url(
    session: Session, frame_index: int, kind: str, *, is_previous: bool = False
) -> str:
    """URL of a picture of one frame of the sequence, or the previous one, of one of its kinds."""
    query = {"version": session.version, "frame_index": frame_index, "kind": kind}
    if is_previous:
        query["previous"] = 1
    return f"/session/{session.token}/sequence?{urlencode(query)}"


def make_picture_routes(sessions: Sessions) -> APIRouter:
    """Make the server routes of the picture URLs.

    Errors become pictures of their sentences.
    """
    router = APIRouter(prefix="/session/{token}")

    def find_session(token: str, version: int | None = None) -> Session:
        if token not in sessions:
            raise HTTPException(404, "this page is closed; reload it")
        if version is not None and sessions[token].version != version:
            raise HTTPException(404, "another recording or sequence is open by now")
        return sessions[token]

    @router.get("/frame")
    def get_frame(
        token: str, version: int, frame_index: int, settings: str, second: int | None = None
    ) -> Response:
        session = find_session(token, version)
        stream = session.stream if second is None else session.second
        if stream is None or second not in (None, session.second_version):
            raise HTTPException(404, "no such recording is open")
        try:
            view = ViewSettings.from_json(settings)
            picture = session.pictures.reconstruct(stream, frame_index, view)
            return _png_response(encode_png(view.render(picture)))
        except SpikecamError as error:
            return _text_picture_response(str(error))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise HTTPException(400, "these are no settings of a view") from error

    @router.get("/preview")
    def get_preview(
        token: str, path: str, camera: str | None = None, height: int = 0, width: int = 0
    ) -> Response:
        try:
            real = find_session(token).files.resolve_path(path_from_url_text(path))
            modified = real.stat().st_mtime_ns
            return _png_response(preview_png(real, camera or (height, width), modified))
        except (SpikecamError, OSError) as error:
            return _text_picture_response(str(error))

    @router.get("/thumbnail")
    def get_thumbnail(token: str, path: str) -> Response:
        entry = find_session(token).files.entry_of(path_from_url_text(path))
        if entry is not None:
            try:
                real = entry.path.resolve()
                return _png_response(thumbnail_png(real, entry.size, entry.modified))
            except (SpikecamError, OSError):
                pass
        raise HTTPException(404, "there is no picture of this")

    @router.get("/candidate")
    def get_candidate(token: str, path: str) -> Response:
        try:
            # No pipe, which would be waited for.
            real = check_existing_file(
                find_session(token).resolve_picture(path_from_url_text(path))
            )
            return _png_response(encode_png(shrink_picture(read_picture(real), _CANDIDATE_SIDE)))
        except SpikecamError as error:
            return _text_picture_response(str(error))

    @router.get("/blur")
    def get_blur(token: str, version: int) -> Response:
        sequence = find_session(token, version).sequence
        if sequence is None or sequence.blur is None:
            raise HTTPException(404, "there is no blurry picture")
        return _png_response(encode_png(sequence.blur))

    @router.get("/sequence")
    def get_sequence(
        token: str, version: int, frame_index: int, kind: str, previous: bool = False
    ) -> Response:
        session = find_session(token, version)
        sequence = session.previous_sequence if previous else session.sequence
        try:
            if (
                sequence is not None
                and frame_index in sequence.finished_frames
                and kind in sequence.kinds
            ):
                return _png_response(sequence.display_png(frame_index, kind))
        except (SpikecamError, OSError):
            # The sequence is being removed.
            pass
        raise HTTPException(404, "there is no picture of this frame")

    return router


def _text_picture_response(text: str) -> Response:
    """Response with a picture of a text, where the picture itself cannot be made."""
    lines = "".join(
        f'<tspan x="12" dy="22">{escape(line)}</tspan>'
        for line in wrap(legible_text(text), width=56)
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 240" width="480" height="240">'
        f'<text y="16" font-family="sans-serif" font-size="15" fill="#808080">{lines}</text></svg>'
    )
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _png_response(png: bytes) -> Response:
    return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})
