"""Methods that reconstruct online, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecam.errors import OptionError
from spikecam.method import Method, OnlineReconstructor, Takes, all_methods, find_method


def online_method_names() -> list[str]:
    """Names of the methods that can reconstruct frames while they arrive."""
    return [method.name for method in all_methods(Takes.SPIKES) if method.online is not None]


def online_reconstructor(
    method: str, shape: tuple[int, int], options: Mapping[str, Any]
) -> OnlineReconstructor:
    """Make the online reconstructor of a method, which takes frames as they arrive.

    Args:
        method: one of `online_method_names`.
        shape: height and width of the frames in pixels.
        options: as for `spikecam.reconstruct`; those that the method does not have are ignored.

    Raises:
        OptionError: the method cannot reconstruct online, or refuses the value of an option.

    >>> import numpy as np
    >>> import spikecam as sc
    >>> tfp = online_reconstructor("tfp", (2, 3), {"window": 5})
    >>> tfp.update(sc.SpikeStream.from_array(np.ones((9, 2, 3))))
    >>> tfp.picture().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    declaration, parsed = find_online_method(method, options)
    return make_online_reconstructor(declaration, shape, parsed)


def find_online_method(name: str, options: Mapping[str, Any]) -> tuple[Method, Any]:
    """Find a method that can reconstruct online, and build its options.

    Args:
        name: one of `online_method_names`.
        options: by name; those that the method does not have are ignored.

    Raises:
        OptionError: as `online_reconstructor`, but for values that only the shape rules out.
    """
    method = find_method(name, Takes.SPIKES)
    if method.online is None:
        names = " or ".join(online_method_names())
        raise OptionError(f"live pictures are made by {names}, not {name!r}")
    accepted = {key: value for key, value in options.items() if key in method.option_names}
    return method, method.parse_options(accepted)


def make_online_reconstructor(
    method: Method, shape: tuple[int, int], options: Any
) -> OnlineReconstructor:
    """Make the online reconstructor of a method and options of `find_online_method`.

    Raises:
        OptionError: the method refuses the value of an option for frames of this shape.
    """
    assert method.online is not None
    return method.online(shape, options)
