"""Addresses of recordings that are far away: ``s3://``, ``gs://``, ``https://``, ``memory://``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from spikecam.errors import FileError

SCHEMES = ("s3", "gs", "http", "https", "memory")
# Names in these are taken letter by letter.
_STORES = ("s3", "gs", "memory")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://.")
_QUERY = re.compile("[?#]")


@dataclass(frozen=True)
class RemoteAddress:
    """Address of a recording that is far away. As text it has no query and no user information.

    Addresses of web servers have a query, and percent signs for letters; in names of objects of a
    store ``?``, ``#`` and ``%`` stand for themselves.

    Attributes:
        url: the whole address, as it is requested.
    """

    url: str = field(repr=False)

    def __str__(self) -> str:
        scheme, place, path, _ = self._parts()
        return f"{scheme}://{place.rpartition('@')[2]}{path}"

    @property
    def scheme(self) -> str:
        """Scheme in lower case: "s3"."""
        return self._parts()[0].lower()

    @property
    def name(self) -> str:
        """Last part of the path: "car.dat"."""
        path = self._parts()[2]
        return PurePosixPath(unquote(path) if self.is_web else path).name

    @property
    def suffix(self) -> str:
        """Ending of the name with its dot: ".dat"."""
        return PurePosixPath(self.name).suffix

    @property
    def stem(self) -> str:
        """Name without its ending: "car"."""
        return PurePosixPath(self.name).stem

    def with_added_path(self, text: str) -> RemoteAddress:
        """The address whose path has ``text`` at its end; the query stays."""
        scheme, place, path, query = self._parts()
        return RemoteAddress(f"{scheme}://{place}{path.rstrip('/')}{text}{query}")

    @property
    def is_web(self) -> bool:
        """Whether a web server is asked."""
        return self.scheme in ("http", "https")

    def _parts(self) -> tuple[str, str, str, str]:
        """Scheme, host or bucket, path, and the query with its ``?``."""
        scheme, _, rest = self.url.partition("://")
        query = ""
        # Of a scheme that is not known what follows may be secret, as that of a web server.
        if scheme.lower() not in _STORES and (mark := _QUERY.search(rest)):
            rest, query = rest[: mark.start()], rest[mark.start() :]
        place, slash, path = rest.partition("/")
        return scheme, place, slash + path, query


RecordingPath = Path | RemoteAddress


def text_without_secrets(text: str) -> str:
    """The text as it may be shown: where it is an address, without query and user information."""
    return str(RemoteAddress(text)) if _ADDRESS.match(text) else text


def as_recording_path(path: str | os.PathLike[str] | RemoteAddress) -> RecordingPath:
    """A path on this machine, or an address where the text is one.

    Raises:
        FileError: an address of a scheme that is not read.
    """
    if isinstance(path, RemoteAddress):
        return path
    match = _ADDRESS.match(path) if isinstance(path, str) else None
    if match is None:
        return Path(path)
    scheme = match[1].lower()
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise FileError(f"addresses {scheme}:// are not read, but {known}; copy the file here")
    return RemoteAddress(path if isinstance(path, str) else os.fspath(path))
