"""Requests for recordings that are far away: file systems of fsspec, repeats, and errors.

What libraries raise becomes one sentence of an address without its query and user information:
these may hold passwords.
"""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from spikecam.errors import FileError, SpikecamError
from spikecam.extras import require_packages
from spikecam.io.remote_address import RemoteAddress

Result = TypeVar("Result")
# Seconds that a server may take to accept a connection, and to send some bytes of an answer.
CONNECT_SECONDS = 10
READ_SECONDS = 30
# Attempts at one request, and the seconds before the second; each further wait is three times that.
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.2

# Modules that each store needs beside fsspec.
_MODULES = {"s3": ("s3fs",), "gs": ("gcsfs",), "memory": ()}
_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN where there is "
    "one), or AWS_PROFILE to a profile of ~/.aws/credentials; for a public bucket "
    "FSSPEC_S3_ANON=true",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a key, or run gcloud auth "
    "application-default login; for a public bucket set FSSPEC_GS_TOKEN=anon",
}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}


class MissingFileError(FileError):
    """A file that is far away is not there, or may not be read."""


class TemporaryError(Exception):
    """A request failed, and may succeed when it is repeated.

    Its cause is the error of a library; without one the server was busy, or its answer was cut off.
    """


def open_filesystem(address: RemoteAddress) -> Any:
    """The file system of fsspec for an object of a store; nothing is requested yet.

    Args:
        address: where it is.

    Raises:
        SpikecamError: a package is missing; the message holds the command that installs it.
    """
    scheme = address.scheme
    require_packages(
        "fsspec", *_MODULES[scheme], extra="remote", purpose=f"recordings at {scheme}://"
    )
    import fsspec

    if scheme != "s3":
        return fsspec.filesystem(scheme)
    config = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
    }
    # Another program may change what is listed.
    filesystem = fsspec.filesystem(scheme, config_kwargs=config, use_listings_cache=False)
    # On top of the attempts below it, each of which waits for READ_SECONDS.
    filesystem.retries = 2
    return filesystem


def path_in_filesystem(address: RemoteAddress) -> str:
    """What the methods of the file system call the address: bucket and key."""
    return address.url.split("://", 1)[1]


def matching_addresses(pattern: RemoteAddress) -> list[RemoteAddress]:
    """Addresses by a pattern such as ``s3://bucket/**/*.dat``, sorted; one without wildcards alone.

    Raises:
        FileError: the server does not answer, or lists nothing, as web servers.
    """
    # At web servers a ? begins the query, and brackets are around the number of a host.
    if not glob.has_magic(urlsplit(pattern.url).path if pattern.is_web else pattern.url):
        return [pattern]
    if pattern.is_web:
        raise FileError(f"{pattern}: web servers list no files; name each file, or give a table")
    filesystem = open_filesystem(pattern)
    try:
        names = sorted(filesystem.glob(path_in_filesystem(pattern)))
    except Exception as error:
        raise reading_error(pattern, error) from None
    return [RemoteAddress(filesystem.unstrip_protocol(name)) for name in names]


def retry_request(address: RemoteAddress, request: Callable[[], Result]) -> Result:
    """Make a request, again after a wait where it fails by a TemporaryError.

    Args:
        address: of what is requested.
        request: makes the request.

    Raises:
        FileError: it failed for good, or `ATTEMPTS` times.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_WAIT_SECONDS * 3 ** (attempt - 1))
        try:
            return request()
        except TemporaryError as error:
            cause = error.__cause__
        except Exception as error:
            raise reading_error(address, error) from None
    if cause is not None:
        raise reading_error(address, cause) from None
    raise FileError(
        f"{address} cannot be read: the server is too busy, or its answers are cut off; "
        "try again later, or copy the file here"
    )


def check_content_range(address: RemoteAddress, text: str | None, start: int, stop: int) -> int:
    """Check that an answer is of bytes [start, stop), or of the first of them.

    Args:
        address: of what was requested.
        text: the header ``Content-Range`` of the answer.
        start, stop: what was requested.

    Returns:
        Size of the whole file.

    Raises:
        FileError: it is of other bytes, or of all of the file.
    """
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text or "")
    if match is None or int(match[1]) != start or int(match[2]) >= stop:
        raise FileError(
            f"the server of {address} does not send ranges of a file; copy the file here, or take "
            "another server"
        )
    return int(match[3])


def changed_error(address: RemoteAddress) -> FileError:
    """The error where a file is not what it was when it was opened."""
    return FileError(f"{address} changed while it was being read; open it again")


def empty_error(address: RemoteAddress) -> FileError:
    """The error where a file has no bytes."""
    return FileError(f"{address} is empty; get it again")


def folder_error(address: RemoteAddress) -> FileError:
    """The error where a folder is at the address of a file."""
    return FileError(f"{address} is a folder; name a file in it")


def reading_error(address: RemoteAddress, error: BaseException) -> SpikecamError:
    """The error to raise, from None, where a request for an address failed for good.

    Libraries put whole URLs into their messages, so nothing of these is taken over.
    """
    if isinstance(error, SpikecamError):
        return error
    if isinstance(error, FileNotFoundError):
        return MissingFileError(f"{address} does not exist; check the name")
    names = {type(each).__name__ for each in (error, error.__cause__, error.__context__)}
    if isinstance(error, PermissionError) or names & _NO_CREDENTIALS:
        what = "needs credentials" if names & _NO_CREDENTIALS else "may not be read by you"
        how = _CREDENTIALS.get(address.scheme, "get an address that is public or signed")
        return MissingFileError(f"{address} {what}: {how}")
    return FileError(
        f"{address} cannot be read: the server does not answer as it should "
        f"({type(error).__name__}); try again later, or copy the file here"
    )
