"""Second stage after a reconstruction: networks that deblur photographs, without spikes.

MIMO-UNet was trained on motion blur, NRKNet and GKMNet on defocus. What they get is the picture as
it is, a gray one in three equal channels.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from spikecam.io.paths import PathLike
from spikecam.networks.architecture import architecture_kinds, find_architecture
from spikecam.networks.picture_input import BlurryPictureInputConfig
from spikecam.picture import Picture
from spikecam.weights.catalogue import WeightsInfo, read_weights_info


def second_stage_kinds() -> tuple[str, ...]:
    """Kinds of the networks that deblur a photograph without spikes."""
    return tuple(
        kind
        for kind in architecture_kinds()
        if find_architecture(kind).input_config is BlurryPictureInputConfig
    )


def read_second_stage_info(weights: PathLike) -> WeightsInfo:
    """Read the facts of the weights of a second stage.

    Args:
        weights: kind of a network, for weights of the user's own that are called so; or the name
            or file of other weights.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: neither a file nor a name.
    """
    kinds, name = second_stage_kinds(), os.fspath(weights)
    return read_weights_info(weights, name if name in kinds else kinds)


def second_stage(
    weights: PathLike, *, device: str = "auto", tile: int | None = None
) -> Callable[[Picture], Picture]:
    """Load a second stage: a network that deblurs the pictures that it is called with.

    It works on values as they are: pictures that are darker than photographs are brightened first
    (`stretch_for_display`).

    Args:
        weights: "mimounet", "nrknet" or "gkmnet", for weights of your own that are called so; or
            the name or file of other weights of one of them.
        device: where it runs.
        tile: side in pixels of the parts that are computed one after another; by default 1536.

    Returns:
        A function from a picture (H, W) or (H, W, 3) in [0, 1] to one like it.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name, no such device, or a tile below 64 pixels.
    """
    from spikecam.deblurring.photo_deblurrer import PhotoDeblurrer
    from spikecam.weights.store import load_network

    info = read_second_stage_info(weights)
    network_class = find_architecture(info.network).load_class()
    return PhotoDeblurrer(load_network(network_class, info.path, device), tile=tile)
