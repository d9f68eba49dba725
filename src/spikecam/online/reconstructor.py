"""Online reconstruction by a method's name: state that follows frames as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecam.errors import OptionError
from spikecam.method import OnlineReconstructor, Takes, all_methods, find_method


def online_method_names() -> list[str]:
    """Names of the methods that can follow frames as they come."""
    return [method.name for method in all_methods(Takes.SPIKES) if method.online is not None]


def online_reconstructor(
    method: str, shape: tuple[int, int], options: Mapping[str, Any]
) -> OnlineReconstructor:
    """State of a method before the first frame.

    Args:
        method: one of `online_method_names`.
        shape: height and width of the frames in pixels.
        options: as for `spikecam.reconstruct`; those that the method does not have are left out.

    Raises:
        OptionError: a method that cannot follow frames, or a value that an option cannot take.
    """
    declared = find_method(method, Takes.SPIKES)
    if declared.online is None:
        names = " or ".join(online_method_names())
        raise OptionError(f"live pictures are made by {names}, not {method!r}")
    known = {name: value for name, value in options.items() if name in declared.option_names}
    return declared.online(shape, declared.parse_options(known))
