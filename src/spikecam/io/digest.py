"""Digests of files: names and dates do not count, contents do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from spikecam.errors import FileError


def file_digest(*paths: Path) -> str:
    """SHA-256 digest of the contents of files, one after another, in hexadecimal digits.

    Raises:
        FileError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while part := file.read(1 << 20):
                    digest.update(part)
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()
