"""Who is served: holders of the key, from pages of this server, with uploads up to a size."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequireKeyMiddleware:
    """Middleware that serves only those who open the address with the key, or have its cookie.

    The cookie is sent by this server's own pages alone (SameSite), so that a page of another site
    cannot ask in its name; requests that name another origin are refused besides.

    Args:
        app: the application behind it.
        key: the secret.
        port: of the server: cookies know no ports, and several servers may run on one machine.
    """

    def __init__(self, app: ASGIApp, key: str, port: int) -> None:
        self.app, self.key, self.cookie = app, key, f"spikecam-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        if origin is not None and origin.partition("://")[2] != headers.get(b"host"):
            await _refuse(scope, receive, send, 403, "this is for pages of spikecam's own")
            return
        query_key = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        if self._is_key(query_key):

            async def send_with_cookie(message: Message) -> None:
                if message["type"] == "http.response.start":
                    cookie = f"{self.cookie}={self.key}; Path=/; HttpOnly; SameSite=Strict"
                    message["headers"] = [
                        *message["headers"],
                        (b"set-cookie", cookie.encode("ascii")),
                    ]
                await send(message)

            await self.app(scope, receive, send_with_cookie)
        elif self._is_key(_cookie_value(headers.get(b"cookie", ""), self.cookie)):
            await self.app(scope, receive, send)
        else:
            reason = "open the whole address that spikecam printed, with its key"
            await _refuse(scope, receive, send, 403, reason)

    def _is_key(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.key.encode())


class LimitUploadsMiddleware:
    """Middleware that refuses requests whose body is too large, or of unknown size.

    Args:
        app: the application behind it.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app, self.limit = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH"):
            length = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
            if not length.isdecimal():
                await _refuse(scope, receive, send, 411, "the length of the upload is missing")
                return
            if int(length) > self.limit:
                await _refuse(scope, receive, send, 413, "that is more than may be uploaded")
                return
        await self.app(scope, receive, send)


def _cookie_value(header: str, name: str) -> str:
    try:
        cookie = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    await PlainTextResponse(reason, status)(scope, receive, send)
