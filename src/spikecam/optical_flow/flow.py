"""Optical flow of a recording from one frame to another, by a method's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spikecam.errors import GeometryError, OptionError
from spikecam.frames import choose_frames
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.optical_flow.steps import Flow
from spikecam.reconstruction.exposure_flows import MIN_FLOW_PIXELS
from spikecam.stream import SpikeStream

DEFAULT_METHOD = "paths"


def flow(
    spikes: SpikeStream | PathLike,
    at: int,
    to: int,
    method: str = DEFAULT_METHOD,
    **options: Any,
) -> Flow:
    """Optical flow from one frame of a recording to another.

    Args:
        spikes: a recording, or the path of one that says its own geometry.
        at: index of the frame whose pixels the flow is of.
        to: index of the frame that it leads to, before or after ``at``.
        method: "paths", the motion that `aligned` follows; "scflow", a network with weights of your
            own; or one of an installed package (see `spikecam.Method`).
        options: of the method; see its declaration, such as
            `spikecam.optical_flow.methods.paths.PathsOptions`.

    Returns:
        float32 (H, W, 2) in pixels, x before y: what is at p in the frame ``at`` is at p + flow in
        the frame ``to``.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: frames below 16 pixels a side, or a fixed pattern of another size.
        OptionError: an unknown method or option, or twice the same frame.
        RangeError: a frame or its window leaves the recording.

    >>> import numpy as np
    >>> still = SpikeStream.from_array(np.ones((60, 20, 30)))
    >>> float(np.abs(flow(still, at=20, to=40)).max())
    0.0
    """
    return next(iter_flows(spikes, [(at, to)], method, **options))


def iter_flows(
    spikes: SpikeStream | PathLike,
    pairs: Sequence[tuple[int, int]],
    method: str = DEFAULT_METHOD,
    **options: Any,
) -> Iterator[Flow]:
    """Iterate over the optical flow of several pairs of frames, each from one to the other.

    Values and errors are those of `flow`; pairs in the order of time share work.
    """
    stream = as_stream(spikes)
    declared = find_method(method, Takes.SPIKES_AT_TWO_FRAMES)
    parsed = declared.orient_fixed_pattern(declared.parse_options(options), stream)
    window = declared.window(parsed, stream)
    for pair in pairs:
        check_pair(stream, pair, window)
    flows: Iterator[Flow] = declared.run(stream, pairs, parsed)
    return flows


def check_pair(stream: SpikeStream, pair: tuple[int, int], window: int) -> None:
    """Refuse two frames between which there is no flow.

    Raises:
        GeometryError: frames below 16 pixels a side.
        OptionError: both are the same, or no whole numbers.
        RangeError: one of them or its window leaves the recording.
    """
    for frame in pair:
        (index,) = choose_frames(stream, frame, None)
        stream.window(index, window)
    if pair[0] == pair[1]:
        raise OptionError(
            f"flow leads from one frame to another, and both are frame {pair[0]}; choose two"
        )
    if min(stream.shape[1:]) < MIN_FLOW_PIXELS:
        raise GeometryError(
            f"flow takes frames of at least {MIN_FLOW_PIXELS} pixels a side, and these have "
            f"{stream.width}x{stream.height}"
        )
