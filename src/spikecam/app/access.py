"""Who is served: holders of the key, from pages of this server, with uploads up to a size."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LENGTH_DIGITS = 20
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class RequireKeyMiddleware:
    """Middleware that serves only those who open the address with the key, or have its cookie.

    The cookie is sent by this server's own pages alone (SameSite), so that a page of another site
    cannot ask in its name; requests that name another origin are refused besides.

    Args:
        app: the application behind it.
        key: the secret.
        port: of the server: cookies know no ports, and several servers may run on one machine.
        host: that the server listens on. Where no other machine reaches it, requests that name
            another host are refused: such a name was made to lead here.
    """

    def __init__(self, app: ASGIApp, key: str, port: int, host: str) -> None:
        self.app, self.key, self.cookie = app, key, f"spikecam-{port}"
        self._host_names = _LOOPBACK_NAMES if host in _LOOPBACK_NAMES else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if self._host_names and _host_name(headers.get(b"host", "")) not in self._host_names:
            await _refuse(scope, receive, send, 403, "this is no name of this server")
            return
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

    What is stored, and all that comes at one moment, count together: bodies lie on the disk while
    they come.

    Args:
        app: the application behind it.
        max_bytes: in all.
        stored_bytes: gives the bytes of earlier uploads that are stored.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, stored_bytes: Callable[[], int]) -> None:
        self.app, self.max_bytes, self._stored_bytes = app, max_bytes, stored_bytes
        self._coming_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
            return
        text = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
        # Longer numbers are more than any disk holds.
        if not (text.isascii() and text.isdecimal()) or len(text) > _LENGTH_DIGITS:
            await _refuse(scope, receive, send, 411, "the length of the upload is missing")
            return
        length = int(text)
        if self._stored_bytes() + self._coming_bytes + length > self.max_bytes:
            await _refuse(scope, receive, send, 413, "that is more than may be uploaded")
            return
        self._coming_bytes += length
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming_bytes -= length


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


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
