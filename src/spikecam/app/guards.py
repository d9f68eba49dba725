"""What the server lets in: this machine's own pages, and uploads up to a size."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPagesOnly:
    """Refuses what another site's page asks for: by its Host, or its Origin.

    A page of somewhere else can reach a server on this machine, through a name that leads here or
    by asking directly; its name then stands in the request.

    Args:
        app: what is guarded.
        hosts: names, without ports, under which this server may be asked.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if scope["type"] in ("http", "websocket"):
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            origin = headers.get(b"origin")
            names = [urlsplit(f"//{headers.get(b'host', '')}").hostname]
            names += [urlsplit(origin).hostname] if origin else []
            if not all(name in self.hosts for name in names):
                await _refuse(scope, receive, send, 403, "this page is for this machine alone")
                return
        await self.app(scope, receive, send)


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


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(why, status)(scope, receive, send)
