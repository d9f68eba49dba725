"""LDN, the student of S-SDM: one network from spikes and picture (SpikeReveal, Eq. 11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.errors import GeometryError
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.ldn import PICTURE_SCALE, LDNConfig
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import read_weights_info


@dataclass(frozen=True)
class LdnOptions:
    """Options of LDN.

    Attributes:
        weights: "ldn" ships; or a file.
        tile: side in pixels of the parts that are computed one after another; by default 1536.
        device: where the network runs.
    """

    weights: PathLike = "ldn"
    tile: int | None = None
    device: str = "auto"


def ldn(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: LdnOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by LDN.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3), 4 times as fine as the spikes; the network
            sees its light.
        stream: spikes of the same view.
        frames: frame indices; the network takes a window of frames around each.
        exposure: not used: the network knows nothing of it.
        options: weights, tile and device.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1], encoded as it is.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: the picture is not 4 times as fine as the spikes.
        OptionError: no weights of that name; a tile below 64 pixels.
        RangeError: a window leaves the recording.
    """
    window = _window_length(options, stream)
    spans = [stream.window(frame, window) for frame in frames]
    if any(-(-n // PICTURE_SCALE) != m for n, m in zip(blur.shape, stream.shape[1:], strict=False)):
        raise GeometryError(
            f"LDN takes pictures {PICTURE_SCALE} times as fine as the spikes, and {blur.shape[1]}x"
            f"{blur.shape[0]} is not, to spikes of {stream.width}x{stream.height}; use refined"
        )
    from spikecam.deblurring.ldn_deblurrer import LDNDeblurrer
    from spikecam.deblurring.spike_window_input import window_spikes
    from spikecam.networks.ldn import LDN
    from spikecam.weights.store import load_network

    network = load_network(LDN, options.weights, options.device)
    picture = LDNDeblurrer(network, np.minimum(blur.light, 1), tile=options.tile)
    light = (picture.deblur(window_spikes(stream, span)) for span in spans)
    return map(blur.encoding.encode, light)


def _window_length(options: LdnOptions, stream: SpikeStream) -> int:
    """Frames of the window of spikes that the network takes, from its file of weights."""
    config = read_weights_info(options.weights, "ldn").config
    assert isinstance(config, LDNConfig)
    return config.window


METHOD = Method(
    name="ldn",
    summary="the student of S-SDM, trained without ground truth",
    takes=Takes.SPIKES_AND_PICTURE,
    run=ldn,
    options=LdnOptions,
    source="SpikeReveal, NeurIPS 2024",
    window=_window_length,
    networks=("ldn",),
)
