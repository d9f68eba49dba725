"""Spikes of a scene that is out of focus to the picture in focus, by a network (see `Refocuser`).

"Seeing Through Blur: Tackling Defocus in Spike-Based Imaging" does so with another network, which
is not published in full; its supplement says how spikes are integrated (`integrations`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from spikecam.fixed_pattern import FixedPattern
from spikecam.io.recording import PathLike
from spikecam.networks.device import pick_device
from spikecam.networks.refocuser import Refocuser
from spikecam.picture import Picture
from spikecam.reconstruction.clues import clues
from spikecam.reconstruction.integrations import check_window, integrations
from spikecam.stream import SpikeStream
from spikecam.tiles import Tile, computing, tiles, together
from spikecam.weights.store import load_weights

# Side of the parts of pictures that are larger. It is less than that of other networks, since each
# part is computed with a wide border: the network sees far.
_SIDE = 1024


def refocused(
    stream: SpikeStream,
    frames: range,
    *,
    window: int = 101,
    weights: PathLike = "defocus",
    tile: int | None = None,
    fpn: FixedPattern | None = None,
    device: str = "auto",
) -> Iterator[Picture]:
    """Reconstruct ``frames`` as if they were in focus.

    Args:
        stream: the recording.
        frames: frame numbers, rising.
        window: odd number of frames, at least 25. The weights that ship know 51 to 401: the more,
            the less noise; what moves over more than a few pixels in them is blurred.
        weights: "defocus", which ships, or a file.
        tile: side in pixels of the parts that are computed one after another; by default 1024.
        fpn: the camera's fixed pattern, corrected in the membranes.
        device: "auto", "cpu", "cuda".

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W); 0 throughout where no pixel fired.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: the fixed pattern is of another size.
        OptionError: a window that is no odd number of at least 25, a tile below 64 pixels, or an
            unknown name of weights or of a device.
        RangeError: a window leaves the recording, or that has less than 25 frames.
    """
    check_window(stream, window)
    for frame in (frames[0], frames[-1]):
        stream.window(frame, window)
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
    network = load_refocuser(weights, device)
    # A tile that cannot be is refused before the first frame.
    tiles((64, 64), tile, network.reach)
    return (
        restored(network, integrations(stream, frame, window, fpn=fpn), window, tile=tile)
        for frame in frames
    )


def load_refocuser(weights: PathLike = "defocus", device: str = "auto") -> Refocuser:
    """The network on its device.

    Raises:
        FileError, OptionError: as `refocused`.
    """
    network, _ = load_weights(weights, "refocuser")
    assert isinstance(network, Refocuser)
    network.to(pick_device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def restored(
    network: Refocuser, rates: Picture, window: int, *, tile: int | None = None
) -> Picture:
    """What the network makes of the rates of a moment (5, H, W), in parts: (H, W) in [0, 1]."""
    if not rates.any():
        return np.zeros(rates.shape[1:], np.float32)
    device = next(network.parameters()).device
    height, width = rates.shape[1:]
    given = {name: one[None] for name, one in clues(rates, window).items()}
    maps = {name: one for name, one in given.items() if one.ndim == 4}
    told = {name: one.to(device) for name, one in given.items() if one.ndim == 1}
    parts = tiles(maps["rates"].shape[2:], tile or _SIDE, network.reach)

    def compute(part: Tile) -> tuple[Tensor]:
        seen = {name: part.of(one).to(device) for name, one in maps.items()}
        return (network(**seen, **told),)

    with computing(device, exact=False):
        (found,) = together(parts, compute)
    picture: Picture = found[0, 0, :height, :width].float().clamp(0, 1).cpu().numpy()
    return np.ascontiguousarray(picture)
