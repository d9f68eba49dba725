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


def check_all_minimum(config: Any, field_name: str, minimum: int, count: int | None = None) -> None:
    """Refuse a field of several sizes if one is below a minimum, or if their number is another.

    Raises:
        OptionError: one is, or there are none, or not ``count``.
    """
    values = getattr(config, field_name)
    if not values or count not in (None, len(values)) or min(values) < minimum:
        number = "numbers" if count is None else f"{count} numbers"
        raise OptionError(f"{field_name} are {number} of at least {minimum}, not {values}")


def check_increasing(config: Any, field_name: str, minimum: float = 0.0) -> None:
    """Refuse a field whose numbers do not increase strictly from above a minimum.

    Raises:
        OptionError: they do not, or there are none.
    """
    values = getattr(config, field_name)
    bounds = (minimum, *values)
    if not values or not all(a < b for a, b in pairwise(bounds)):
        raise OptionError(f"{field_name} are numbers above {minimum:g} that rise, not {values}")


def check_groups(config: Any) -> None:
    """Refuse a configuration whose ``width`` cannot be split into its ``groups``.

    Raises:
        OptionError: it cannot.
    """
    if config.width % config.groups:
        raise OptionError(
            f"{config.width} channels cannot be split into {config.groups} groups of one size"
        )
