"""Checks that configurations of networks share."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from spikecam.errors import OptionError


def check_minimum(config: Any, **minimum: int) -> None:
    """Refuse a configuration in which a size is below its minimum.

    Raises:
        OptionError: one is.
    """
    for name, value in minimum.items():
        if getattr(config, name) < value:
            raise OptionError(f"{name} is at least {value}, not {getattr(config, name)}")


def check_rising_from(config: Any, name: str, minimum: float = 0.0) -> None:
    """Refuse constants that do not rise, each above the one before, from above a minimum.

    Raises:
        OptionError: they do not, or there are none.
    """
    values = getattr(config, name)
    bounds = (minimum, *values)
    if not values or not all(a < b for a, b in pairwise(bounds)):
        raise OptionError(f"{name} are numbers above {minimum:g} that rise, not {values}")
