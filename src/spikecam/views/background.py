"""What is behind a scene: a gray level."""

from __future__ import annotations

from spikecam.errors import OptionError


def check_background(background: float) -> None:
    """Refuse a background that is no gray level.

    Raises:
        OptionError: it is not from 0 for black to 1 for white.
    """
    if not 0 <= background <= 1:
        raise OptionError(f"a background is from 0 for black to 1 for white, not {background:g}")
