"""Scenes out of focus to pictures in focus, by a network (see `spikecam.networks.refocuser`).

"Seeing Through Blur: Tackling Defocus in Spike-Based Imaging" does so with another network, which
is not published in full; its supplement says how spikes are integrated (`multi_scale_rates`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.picture import Picture
from spikecam.reconstruction.refocuser_window import check_window
from spikecam.stream import SpikeStream
from spikecam.weights.catalogue import read_weights_info


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


def reconstruct_in_focus(
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
    window, fpn = _window(options, stream), options.fpn
    for frame in (min(frames), max(frames)):
        stream.window(frame, window)
    from spikecam.networks.refocuser import Refocuser
    from spikecam.reconstruction.refocus import refocus
    from spikecam.reconstruction.refocuser_input import RefocuserInput
    from spikecam.tiles import split_into_tiles
    from spikecam.weights.store import load_network

    network = load_network(Refocuser, options.weights, options.device)
    inputs = RefocuserInput(network.input_config)
    # A tile that cannot be is refused before the first frame.
    split_into_tiles((64, 64), options.tile, network.receptive_radius)
    return (
        refocus(network, inputs.rates(stream, frame, window, fpn=fpn), window, tile=options.tile)
        for frame in frames
    )


def _window(options: DefocusOptions, stream: SpikeStream) -> int:
    input_config = read_weights_info(options.weights, "refocuser").input_config
    assert isinstance(input_config, RefocuserInputConfig)
    check_window(stream, options.window, input_config)
    return options.window


METHOD = Method(
    name="defocus",
    summary="a network that sharpens scenes out of focus, and removes noise",
    takes=Takes.SPIKES,
    run=reconstruct_in_focus,
    options=DefocusOptions,
    source='ours, after "Seeing Through Blur"',
    window=_window,
    networks=("refocuser",),
)
