"""Work that would not fit into memory, refused before it begins."""

from __future__ import annotations

import os

from spikecam.errors import OptionError


def check_memory(required: int, work: str, advice: str) -> None:
    """Refuse work whose largest part does not fit into the memory of this machine.

    Args:
        required: bytes that it takes at least.
        work: what it is, for the message: "frames of 9x9".
        advice: what to choose in its place.

    Raises:
        OptionError: it takes more than there is.
    """
    total = total_memory()
    if total is not None and required > total:
        raise OptionError(
            f"not enough memory: {work} take at least {required / 1e9:,.0f} GB, and this machine "
            f"has {total / 1e9:,.0f} GB; {advice}"
        )


def total_memory() -> int | None:
    """Bytes of memory of this machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
