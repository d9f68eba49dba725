"""Declaration of the method `spkdeblurnet`, by the network of `spikecam.networks.spkdeblurnet`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.errors import GeometryError
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import WeightsInfo, read_own_weights_info

if TYPE_CHECKING:
    from torch import Tensor

_KIND = "spkdeblurnet"
# Pixels of the picture to one of the spikes that the network sees, a side.
_PICTURE_SCALE = 2


@dataclass(frozen=True)
class SpkDeblurNetOptions:
    """Options of SpkDeblurNet.

    Attributes:
        weights: a file of `spikecam weights import`, or the name of weights of your own; by default
            those that are called as the network is.
        device: where the network runs.
    """

    weights: PathLike | None = None
    device: str = "auto"


def spkdeblurnet(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: SpkDeblurNetOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by SpkDeblurNet.

    The picture is computed as a whole: the network compares it with its own extremes.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3), twice as fine as the spikes, for which the
            network is made, or finer: then spikes are repeated. The network sees its light.
        stream: spikes of the same view.
        frames: frame indices; the network takes a window of frames around each.
        exposure: not used: the network knows nothing of it.
        options: weights and device.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1], encoded as it is.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: the picture is less than twice as fine as the spikes.
        OptionError: no weights of that name.
        RangeError: a window leaves the recording.
    """
    window = _window_length(options, stream)
    for frame in frames:
        stream.window(frame, window)
    grid = tuple(-(-side // _PICTURE_SCALE) for side in blur.shape[:2])
    if any(ours < theirs for ours, theirs in zip(grid, stream.shape[1:], strict=True)):
        raise GeometryError(
            f"SpkDeblurNet takes pictures at least {_PICTURE_SCALE} times as fine as the spikes, "
            f"and {blur.shape[1]}x{blur.shape[0]} is not, to spikes of "
            f"{stream.width}x{stream.height}; use refined"
        )
    from spikecam.networks.spkdeblurnet import SpkDeblurNet
    from spikecam.tiles import picture_to_tensor
    from spikecam.weights.store import load_network

    network = load_network(SpkDeblurNet, _info(options).path, options.device)
    light = np.minimum(blur.light, 1)
    picture = picture_to_tensor(light).to(next(network.parameters()).device)
    sharp = (_deblur(network, picture, light, stream, frame) for frame in frames)
    return map(blur.encoding.encode, sharp)


def _deblur(
    network: Any, picture: Tensor, light: Picture, stream: SpikeStream, frame: int
) -> Picture:
    """Light of the sharp picture at a frame."""
    import torch
    from torch.nn import functional

    from spikecam.deblurring.spkdeblurnet_input import spkdeblurnet_input
    from spikecam.tiles import inference_context, tensor_to_picture

    spikes, intervals = spkdeblurnet_input(stream, frame, network.config, network.input_config)
    grid = [-(-side // _PICTURE_SCALE) for side in picture.shape[2:]]
    with inference_context(picture.device, full_precision=True):
        maps = (
            functional.interpolate(
                torch.from_numpy(each)[None].to(picture.device, torch.float32), grid, mode="nearest"
            )
            for each in (spikes, intervals)
        )
        return tensor_to_picture(network(picture, *maps), light)


def _info(options: SpkDeblurNetOptions) -> WeightsInfo:
    return read_own_weights_info(options.weights, _KIND)


def _window_length(options: SpkDeblurNetOptions, stream: SpikeStream) -> int:
    """Frames around each that the network takes; of an even number, one more."""
    config = _info(options).config
    assert isinstance(config, SpkDeblurNetConfig)
    return config.frames | 1


METHOD = Method(
    name="spkdeblurnet",
    summary="SpkDeblurNet, transformers of picture and spikes; with weights of your own",
    takes=Takes.SPIKES_AND_PICTURE,
    run=spkdeblurnet,
    options=SpkDeblurNetOptions,
    source="Chen et al., NeurIPS 2023",
    window=_window_length,
    networks=(_KIND,),
)
