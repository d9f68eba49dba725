"""Ranges of files of web servers, by requests, a package of the extra remote."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from spikecam.errors import FileError
from spikecam.extras import require_packages
from spikecam.io import remote
from spikecam.io.remote import (
    TemporaryError,
    changed_error,
    check_content_range,
    empty_error,
    retry_request,
)
from spikecam.io.remote_address import RemoteAddress

if TYPE_CHECKING:
    import requests

_local = threading.local()


class HttpSource:
    """A file of a web server, as `remote_sources.RangeSource`."""

    def __init__(self, address: RemoteAddress) -> None:
        require_packages("requests", extra="remote", purpose=f"recordings at {address.scheme}://")
        self.address = address
        self.size = 0
        self.identity: object
        _, self.size, self.identity = retry_request(address, lambda: self._request_range(0, 1))

    def fetch(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop)."""
        return retry_request(self.address, lambda: self._request_range(start, stop))[0]

    def _request_range(self, start: int, stop: int) -> tuple[bytes, int, object]:
        """Bytes of a range, size of the file, and its identity."""
        import requests
        import urllib3

        try:
            with _session().get(
                self.address.url,
                headers={"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"},
                stream=True,
                timeout=(remote.CONNECT_SECONDS, remote.READ_SECONDS),
            ) as response:
                size, identity = self._check_headers(response, start, stop)
                # What requests itself reads is put together of small pieces.
                content: bytes = response.raw.read(stop - start)
        except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
            raise TemporaryError from error
        if len(content) != stop - start:
            raise TemporaryError
        return content, size, identity

    def _check_headers(
        self, response: requests.Response, start: int, stop: int
    ) -> tuple[int, object]:
        """Size of the file and its identity, of an answer that is the range that was asked for."""
        status = response.status_code
        if status == 416:
            raise changed_error(self.address) if self.size else empty_error(self.address)
        _check_status(self.address, status)
        if status != 206 and response.headers.get("Content-Length") == "0":
            raise empty_error(self.address)
        # Where this raises, the body is not read: it may be all of the file.
        text = response.headers.get("Content-Range") if status == 206 else None
        size = check_content_range(self.address, text, start, stop)
        names = ("ETag", "Last-Modified")
        identity = (size, *(response.headers.get(name) for name in names))
        if self.size and identity != self.identity:
            raise changed_error(self.address)
        return size, identity


def _session() -> requests.Session:
    """The session of this thread, which keeps its connections: sessions are not for several."""
    import requests

    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    session: requests.Session = _local.session
    return session


def _check_status(address: RemoteAddress, status: int) -> None:
    if status in (401, 403):
        raise PermissionError
    if status in (404, 410):
        raise FileNotFoundError
    if status in (408, 429) or status >= 500:
        raise TemporaryError
    if status >= 400:
        raise FileError(f"the server of {address} refuses to send it (status {status})")
