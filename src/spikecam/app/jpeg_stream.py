"""Streams of JPEG pictures, each of which a browser shows in the place of the one before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

import anyio
from nicegui.server import Server
from starlette.responses import StreamingResponse

_BOUNDARY = "picture"
_PART_HEAD = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode("ascii")


def iter_multipart(jpegs: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a multipart stream, a JPEG file each.

    Args:
        jpegs: the files; empty where there is none for a moment, which then gives an empty part.
    """
    yield _PART_HEAD
    for jpeg in jpegs:
        # The next head follows at once: Chromium shows a picture when the next one begins.
        yield jpeg + b"\r\n" + _PART_HEAD if jpeg else b""


def jpeg_stream_response(jpegs: Iterable[bytes]) -> StreamingResponse:
    """Response that is a stream of JPEG files, for the source of an image of a page.

    Args:
        jpegs: as for `iter_multipart`; waits for none longer than a second, so that the server can
            end.
    """
    media_type = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
    return StreamingResponse(_iterate_in_threads(iter_multipart(jpegs)), media_type=media_type)


async def _iterate_in_threads(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Iterate over parts in threads, so that waiting for one does not hold up the page.

    Ends with the server, which would otherwise wait for it.
    """
    while not Server.instance.should_exit:
        part = await anyio.to_thread.run_sync(next, parts, None)
        if part is None:
            return
        yield part
