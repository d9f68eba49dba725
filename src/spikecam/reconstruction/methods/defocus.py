"""Scenes out of focus to pictures in focus, by a network (see `spikecam.networks.refocuser`).

"Seeing Through Blur: Tackling Defocus in Spike-Based Imaging" does so with another network, which
is not published in full; its supplement says how spikes are integrated (`integrations`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.stream import SpikeStream


@dataclass(frozen=True)
class DefocusOptions:
    """Options of `defocus`.

    Attributes:
        window: odd number of frames, at least 25. The weights that ship know 51 to 401: the more,
            the less noise; what moves over more than a few pixels in them is blurred.
        weights: "defocus", which ships, or a file.
        tile: side in pixels of the parts that are computed one after another; by default 1024.
        fpn: fixed pattern of the camera, corrected spike by spike.
        device: "auto", "cpu", "cuda".
    """

    window: int = 101
    weights: PathLike = "defocus"
    tile: int | None = None
    fpn: FixedPattern | None = None
    device: str = "auto"


def defocus(
    stream: SpikeStream, frames: Sequence[int], options: DefocusOptions
) -> Iterator[Picture]:
    """Reconstruct ``frames`` as if they were in focus.

    Args:
        stream: the recording.
        frames: frame indices.
        options: window, weights, tile, fixed pattern and device.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W); 0 throughout where no pixel fired.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: a window that is no odd number of at least 25, a tile below 64 pixels, or an
            unknown name of weights or of a device.
        RangeError: a window leaves the recording, or that has less than 25 frames.
    """
    from spikecam.reconstruction.integrations import check_window, integrations

    window, fpn = options.window, options.fpn
    check_window(stream, window)
    for frame in (min(frames), max(frames)):
        stream.window(frame, window)
    from spikecam.reconstruction.refocus import load_refocuser, restored
    from spikecam.tiles import tiles

    network = load_refocuser(options.weights, options.device)
    # A tile that cannot be is refused before the first frame.
    tiles((64, 64), options.tile, network.reach)
    return (
        restored(network, integrations(stream, frame, window, fpn=fpn), window, tile=options.tile)
        for frame in frames
    )


def _window(options: DefocusOptions, stream: SpikeStream) -> int:
    from spikecam.reconstruction.integrations import check_window

    check_window(stream, options.window)
    return options.window


METHOD = Method(
    name="defocus",
    summary="a network that brings what is out of focus into focus, and takes away noise",
    takes=Takes.SPIKES,
    run=defocus,
    options=DefocusOptions,
    source='ours, after "Seeing Through Blur"',
    window=_window,
    networks=("refocuser",),
)
