"""The version of spikecam that is installed."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def own_version() -> str:
    """Version of the installed spikecam; "source" where it runs from a folder of sources."""
    try:
        return metadata.version("spikecam")
    except metadata.PackageNotFoundError:
        return "source"
