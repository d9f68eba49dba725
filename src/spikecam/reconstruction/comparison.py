"""One frame by every method that needs no other files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes, all_methods
from spikecam.picture import Picture
from spikecam.reconstruction.reconstruct import reconstruct
from spikecam.stream import SpikeStream

# Side of the corner that is reconstructed before the time is taken.
_CORNER_PIXELS = 64


@dataclass(frozen=True, eq=False)
class MethodResult:
    """What a method made of a frame.

    Attributes:
        method: its name.
        picture: firing rates, (H, W); None where the method failed.
        seconds: that it took, without what is compiled on first use.
        error: why it failed, in a sentence; empty where it did not.
    """

    method: str
    picture: Picture | None
    seconds: float
    error: str = ""


def comparable_methods() -> list[str]:
    """Names of the methods for spikes alone that need no weights, or whose weights are there."""
    return [method.name for method in _comparable()]


def iter_method_results(
    stream: SpikeStream, frame: int, *, fpn: FixedPattern | None = None
) -> Iterator[MethodResult]:
    """Reconstruct a frame by one method after the other, with default options.

    One that fails, whatever it raises, gives the reason, and the others go on.

    Args:
        stream: the recording.
        frame: index of the frame.
        fpn: fixed pattern of the camera, for methods that correct it.
    """
    for method in _comparable():
        options: dict[str, Any] = {}
        if fpn is not None and "fpn" in method.option_names:
            options["fpn"] = fpn
        _compile(stream, frame, method.name)
        start = time.perf_counter()
        picture, error = None, ""
        try:
            picture = reconstruct(stream, frame, method.name, **options)
        except Exception as failure:  # of a method from another package, anything
            error = " ".join(str(failure).split()) or type(failure).__name__
        yield MethodResult(method.name, picture, time.perf_counter() - start, error)


def _comparable() -> list[Method]:
    return [method for method in all_methods(Takes.SPIKES) if method.has_weights]


def _compile(stream: SpikeStream, frame: int, method: str) -> None:
    """Reconstruct a corner, by which all loops are compiled."""
    rows, columns = (min(side, _CORNER_PIXELS) for side in stream.shape[1:])
    # What fails here fails again where it is reported.
    with suppress(Exception):
        reconstruct(stream.crop((0, rows), (0, columns)), frame, method)
