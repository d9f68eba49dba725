"""Requests for recordings that are far away, by fsspec, an extra.

What it raises becomes one sentence of an address without its query and user information, which may
hold passwords.
"""

from __future__ import annotations

import glob
from typing import Any
from urllib.parse import urlsplit

from spikecam.errors import FileError, SpikecamError
from spikecam.extras import require_packages
from spikecam.io.remote_address import RemoteAddress

# Seconds that a server may take to accept a connection, and to send some bytes of an answer.
CONNECT_SECONDS = 10
READ_SECONDS = 30
# Attempts at one request, and the seconds before the second; each further wait is three times that.
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.2

# Modules that each scheme needs beside fsspec.
_MODULES = {
    "s3": ("s3fs",),
    "gs": ("gcsfs",),
    "http": ("aiohttp",),
    "https": ("aiohttp",),
    "memory": (),
}
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


def open_filesystem(address: RemoteAddress, **options: Any) -> Any:
    """The file system of fsspec for an address; nothing is requested yet.

    Args:
        address: where it is.
        options: more options of the file system.

    Raises:
        SpikecamError: a package is missing; the message holds the command that installs it.
    """
    scheme = address.scheme
    require_packages(
        "fsspec", *_MODULES[scheme], extra="remote", purpose=f"recordings at {scheme}://"
    )
    import fsspec

    if address.is_web:
        import aiohttp

        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        options["client_kwargs"] = {"timeout": timeout, "trust_env": True}
        options["encoded"] = True
    elif scheme == "s3":
        options["config_kwargs"] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": "standard", "max_attempts": ATTEMPTS},
        }
        # Another program may change what is listed.
        options["use_listings_cache"] = False
    filesystem = fsspec.filesystem(scheme, **options)
    if scheme == "s3":
        # On top of those above, each of which waits for READ_SECONDS.
        filesystem.retries = 2
    return filesystem


def path_in_filesystem(address: RemoteAddress) -> str:
    """What the methods of the file system call the address."""
    if address.is_web:
        return address.url
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
