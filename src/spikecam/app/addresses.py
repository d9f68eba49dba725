"""Where the pictures of a page come from: each desk has addresses of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path
from textwrap import wrap
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Response

from spikecam.app.desk import Desk
from spikecam.app.look import Look, as_png, frame_png, glance
from spikecam.errors import SpikecamError

Desks = Mapping[str, Desk]


def frame_address(desk: Desk, at: int, look: Look) -> str:
    """Of one frame of the recording, as it is looked at."""
    asked = {"of": desk.version, "at": at, "look": json.dumps(asdict(look))}
    return f"/desk/{desk.token}/frame?{urlencode(asked)}"


def glance_address(desk: Desk, path: Path, camera: str | tuple[int, int]) -> str:
    """Of what a file shows where its frames have this size; a name, or (height, width)."""
    size = {"camera": camera} if isinstance(camera, str) else dict(zip("hw", camera, strict=True))
    return f"/desk/{desk.token}/glance?{urlencode({'path': str(path), **size})}"


def blur_address(desk: Desk) -> str:
    """Of the blurry picture of the film."""
    return f"/desk/{desk.token}/blur?{urlencode({'of': desk.version})}"


def film_address(desk: Desk, number: int, kind: str) -> str:
    """Of a picture of a frame of the film, one of its kinds."""
    asked = {"of": desk.version, "number": number, "kind": kind}
    return f"/desk/{desk.token}/film?{urlencode(asked)}"


def picture_routes(desks: Desks) -> APIRouter:
    """The addresses above; in place of what cannot be shown stands a sentence."""
    router = APIRouter(prefix="/desk/{token}")

    def desk_of(token: str, version: int | None = None) -> Desk:
        if token not in desks:
            raise HTTPException(404, "this page is closed; reload it")
        if version is not None and desks[token].version != version:
            raise HTTPException(404, "another recording or film is open by now")
        return desks[token]

    @router.get("/frame")
    def show_frame(token: str, of: int, at: int, look: str) -> Response:
        stream = desk_of(token, of).stream
        if stream is None:
            raise HTTPException(404, "no recording is open")
        try:
            return _png(frame_png(stream, at, Look(**json.loads(look))))
        except SpikecamError as error:
            return _sentence(str(error))
        except (ValueError, TypeError) as error:
            raise HTTPException(400, "no such way to look") from error

    @router.get("/glance")
    def show_glance(
        token: str, path: Path, camera: str | None = None, h: int = 0, w: int = 0
    ) -> Response:
        try:
            real = desk_of(token).shelf.find(path)
            return _png(glance(real, camera or (h, w), real.stat().st_mtime_ns))
        except (SpikecamError, OSError) as error:
            return _sentence(str(error))

    @router.get("/blur")
    def show_blur(token: str, of: int) -> Response:
        film = desk_of(token, of).film
        if film is None or film.blur is None:
            raise HTTPException(404, "no blurry picture is there")
        return _png(as_png(film.blur))

    @router.get("/film")
    def show_film(token: str, of: int, number: int, kind: str) -> Response:
        film = desk_of(token, of).film
        try:
            if film is not None and number in film.made and kind in film.kinds:
                return _png(film.png(number, kind))
        except (SpikecamError, OSError):
            # Removed at this moment.
            pass
        raise HTTPException(404, "this frame is not there")

    return router


def _sentence(text: str) -> Response:
    """In place of a picture, why there is none."""
    lines = "".join(
        f'<tspan x="12" dy="22">{escape(line)}</tspan>' for line in wrap(text, width=56)
    )
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 240" width="480" height="240">'
        f'<text y="16" font-family="sans-serif" font-size="15" fill="#808080">{lines}</text></svg>'
    )
    return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _png(held: bytes) -> Response:
    return Response(held, media_type="image/png", headers={"Cache-Control": "no-store"})
