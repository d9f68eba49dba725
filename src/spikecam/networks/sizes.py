"""Sizes of networks that can be."""

from __future__ import annotations

from typing import Any

from spikecam.errors import OptionError


def check_least(config: Any, **least: int) -> None:
    """Refuse a configuration with a size below its least one.

    Raises:
        OptionError: it has one.
    """
    for name, value in least.items():
        if getattr(config, name) < value:
            raise OptionError(f"{name} is at least {value}, not {getattr(config, name)}")
