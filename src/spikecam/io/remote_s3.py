"""Ranges of objects of S3 and of stores that speak its language, by botocore.

s3fs, which lists them, takes 2.5 times the processor time of botocore for a range.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import closing
from typing import Any

from spikecam.errors import FileError
from spikecam.io.remote import (
    TemporaryError,
    changed_error,
    check_content_range,
    empty_error,
    folder_error,
    open_filesystem,
    reading_error,
    retry_request,
)
from spikecam.io.remote_address import RemoteAddress

# Statuses of answers where the object is not that of the condition, or has not the range.
_CHANGED_STATUSES = (412, 416)


class _ChangedError(Exception):
    """The object is another one than the condition of the request says."""


class S3Source:
    """An object of S3, as `remote_sources.RangeSource`."""

    def __init__(self, address: RemoteAddress) -> None:
        self.address = address
        filesystem = open_filesystem(address)
        bucket, key, _ = filesystem.split_path(address.url)
        self._client = self._make_client(filesystem)
        # Such as who pays, or the key of an object that is encrypted.
        parameters = self._client.meta.service_model.operation_model(
            "GetObject"
        ).input_shape.members
        options = filesystem.s3_additional_kwargs | filesystem.req_kw
        self._object = {name: value for name, value in options.items() if name in parameters}
        self._object |= {"Bucket": bucket, "Key": key}
        facts = retry_request(address, self._request_facts)
        self.size = int(facts["ContentLength"])
        self.identity: object = _identity(self.size, facts)
        self._etag = facts.get("ETag")
        if not self.size:
            raise empty_error(address)

    def _make_client(self, filesystem: Any) -> Any:
        from botocore.exceptions import ConfigParseError, ProfileNotFound

        try:
            return _client(filesystem)
        except (ConfigParseError, ProfileNotFound, ValueError) as error:
            raise FileError(
                f"{self.address} cannot be read: {error}; correct AWS_PROFILE, AWS_ENDPOINT_URL "
                "or the files in ~/.aws"
            ) from None
        except Exception as error:
            raise reading_error(self.address, error) from None

    def fetch(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop)."""
        return retry_request(self.address, lambda: self._request_range(start, stop))

    def _request_facts(self) -> dict[str, Any]:
        try:
            return _call(self._client.head_object, **self._object)
        except FileNotFoundError:
            if self._is_folder():
                raise folder_error(self.address) from None
            raise

    def _is_folder(self) -> bool:
        bucket, prefix = self._object["Bucket"], self._object["Key"].rstrip("/") + "/"
        try:
            listing = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        except Exception:
            # Not all may list, and not all stores can.
            return False
        return bool(listing.get("KeyCount"))

    def _request_range(self, start: int, stop: int) -> bytes:
        options = self._object | {"Range": f"bytes={start}-{stop - 1}"}
        if self._etag:
            options["IfMatch"] = self._etag
        try:
            answer = _call(self._client.get_object, **options)
        except (FileNotFoundError, _ChangedError):
            raise changed_error(self.address) from None
        with closing(answer["Body"]) as body:
            # Where this raises, the body is not read: it may be all of the object.
            size = check_content_range(self.address, answer.get("ContentRange"), start, stop)
            if _identity(size, answer) != self.identity:
                raise changed_error(self.address)
            content = _read_body(body)
        if len(content) != stop - start:
            raise TemporaryError
        return content


def _identity(size: int, facts: dict[str, Any]) -> object:
    return size, facts.get("ETag"), facts.get("LastModified")


@functools.lru_cache(maxsize=64)
def _client(filesystem: Any) -> Any:
    """A client of botocore with the credentials and options of a file system of s3fs."""
    import botocore.session
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import NoCredentialsError

    options = {"endpoint_url": filesystem.endpoint_url, "use_ssl": filesystem.use_ssl}
    config = dict(filesystem.config_kwargs)
    if filesystem.anon:
        config["signature_version"] = UNSIGNED
    else:
        options |= {
            "aws_access_key_id": filesystem.key,
            "aws_secret_access_key": filesystem.secret,
            "aws_session_token": filesystem.token,
        }
    options |= filesystem.client_kwargs
    session = botocore.session.Session(**filesystem.kwargs)
    has_key = filesystem.anon or options.get("aws_access_key_id") is not None
    if not has_key and session.get_credentials() is None:
        # A client without credentials would stay without those that are set later.
        raise NoCredentialsError
    return session.create_client("s3", config=Config(**config), **options)


def _call(method: Callable[..., dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Call a method of a client, which makes several attempts itself."""
    from botocore.exceptions import ClientError

    try:
        return method(**options)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status in _CHANGED_STATUSES:
            raise _ChangedError from None
        if status == 404:
            raise FileNotFoundError from None
        # 400: credentials that have ended.
        if status in (400, 401, 403):
            raise PermissionError from None
        raise


def _read_body(body: Any) -> bytes:
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    try:
        content: bytes = body.read()
    except (HTTPClientError, IncompleteReadError) as error:
        raise TemporaryError from error
    return content
