"""Where the pictures of a page come from: each desk has addresses of its own."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse

from spikecam.app.desk import Desk
from spikecam.app.look import Look, as_png, frame, glance
from spikecam.errors import SpikecamError

Desks = MutableMapping[str, Desk]


def frame_address(desk: Desk, at: int, look: Look) -> str:
    """Of one frame of the recording, as it is looked at."""
    asked = {"of": id(desk.stream), "at": at, "look": json.dumps(asdict(look))}
    return f"/desk/{desk.token}/frame?{urlencode(asked)}"


def glance_address(desk: Desk, path: Path, camera: str | tuple[int, int]) -> str:
    """Of what a file shows where its frames have this size; a name, or (height, width)."""
    size = {"camera": camera} if isinstance(camera, str) else dict(zip("hw", camera, strict=True))
    return f"/desk/{desk.token}/glance?{urlencode({'path': str(path), **size})}"


def blur_address(desk: Desk) -> str:
    """Of the blurry picture of the film."""
    return f"/desk/{desk.token}/blur?{urlencode({'of': id(desk.film)})}"


def film_address(desk: Desk, number: int) -> str:
    """Of a frame of the film."""
    return f"/desk/{desk.token}/film?{urlencode({'of': id(desk.film), 'number': number})}"


def picture_routes(desks: Desks) -> APIRouter:
    """The addresses above; what cannot be shown is answered by a sentence."""
    router = APIRouter(prefix="/desk/{token}")

    def desk_of(token: str) -> Desk:
        if token not in desks:
            raise HTTPException(404, "this page is closed; reload it")
        return desks[token]

    @router.get("/frame")
    def show_frame(token: str, at: int, look: str) -> Response:
        stream = desk_of(token).stream
        if stream is None:
            raise HTTPException(404, "no recording is open")
        try:
            asked = Look(**json.loads(look))
            picture = frame(stream, at, asked)
            return _png(as_png(asked.display(picture)(picture)))
        except (SpikecamError, ValueError, TypeError) as error:
            raise HTTPException(400, str(error)) from error

    @router.get("/glance")
    def show_glance(
        token: str, path: Path, camera: str | None = None, h: int = 0, w: int = 0
    ) -> Response:
        try:
            return _png(glance(desk_of(token).shelf.find(path), camera or (h, w)))
        except SpikecamError as error:
            raise HTTPException(400, str(error)) from error

    @router.get("/blur")
    def show_blur(token: str) -> Response:
        film = desk_of(token).film
        if film is None:
            raise HTTPException(404, "no film is there")
        return _png(as_png(film.blur))

    @router.get("/film")
    def show_film(token: str, number: int) -> Response:
        film = desk_of(token).film
        if film is None or number not in film.made:
            raise HTTPException(404, "this frame is not there")
        return FileResponse(film.path(number), media_type="image/png")

    return router


def _png(held: bytes) -> Response:
    return Response(held, media_type="image/png", headers={"Cache-Control": "no-store"})
