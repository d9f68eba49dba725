"""What the server lets in: whoever holds its key, from its own pages, with uploads up to a size."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class KeyHoldersOnly:
    """Lets in who opens the address with the key, and then, by a cookie, the page that it gave.

    The cookie goes nowhere but to this server's own pages (SameSite), so that another site's page
    cannot ask in its name; what says that it comes from elsewhere (Origin) is refused besides.

    Args:
        app: what is guarded.
        key: what nobody else knows.
        port: of the server: cookies know no ports, and several may run on one machine.
    """

    def __init__(self, app: ASGIApp, key: str, port: int) -> None:
        self.app, self.key, self.cookie = app, key, f"spikecam-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        if origin is not None and origin.partition("://")[2] != headers.get(b"host"):
            await _refuse(scope, receive, send, 403, "this is for pages of spikecam's own")
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        if self._is_key(asked):

            async def send_with_cookie(message: Message) -> None:
                if message["type"] == "http.response.start":
                    kept = f"{self.cookie}={self.key}; Path=/; HttpOnly; SameSite=Strict"
                    message["headers"] = [
                        *message["headers"],
                        (b"set-cookie", kept.encode("ascii")),
                    ]
                await send(message)

            await self.app(scope, receive, send_with_cookie)
        elif self._is_key(_cookie(headers.get(b"cookie", ""), self.cookie)):
            await self.app(scope, receive, send)
        else:
            await _refuse(
                scope, receive, send, 403, "open the whole address that spikecam said, with its key"
            )

    def _is_key(self, told: str) -> bool:
        return secrets.compare_digest(told.encode(), self.key.encode())


class BoundedUploads:
    """Refuses bodies of requests that are larger than a limit, or do not say how large they are.

    Args:
        app: what is guarded.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH"):
            said = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
            if not said.isdecimal():
                await _refuse(scope, receive, send, 411, "say how long it is")
                return
            if int(said) > self.limit:
                await _refuse(scope, receive, send, 413, "that is more than may be uploaded")
                return
        await self.app(scope, receive, send)


def _cookie(header: str, name: str) -> str:
    try:
        held = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return held.value if held else ""


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(why, status)(scope, receive, send)
