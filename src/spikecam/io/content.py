"""What files hold, told apart by its digest: names and dates do not matter."""

from __future__ import annotations

import hashlib
from pathlib import Path

from spikecam.errors import FileError


def digest(*paths: Path) -> str:
    """SHA-256 of what the files hold, one after another, in hexadecimal digits.

    Raises:
        FileError: a file cannot be read.
    """
    content = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as opened:
                while part := opened.read(1 << 20):
                    content.update(part)
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror}") from error
    return content.hexdigest()
