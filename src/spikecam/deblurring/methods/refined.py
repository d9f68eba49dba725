"""SDM refined by a network that does not depend on the threshold; ours (see `Refiner`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream


@dataclass(frozen=True)
class RefinedOptions:
    """Options of `refined`.

    Attributes:
        weights: "refined", "refined-small" and "refined-selfsup" ship; or a file.
        tile: side in pixels of the parts that are computed one after another; by default 1536.
        fpn: fixed pattern of the spike camera, corrected spike by spike.
        device: where the network runs.
    """

    weights: PathLike = "refined"
    tile: int | None = None
    fpn: FixedPattern | None = None
    device: str = "auto"


def refined(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: RefinedOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by SDM, refined by a network.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3), any number of times as fine as the spikes.
        stream: spikes of the same view.
        frames: frame indices.
        exposure: frames (start, stop) during which the picture was exposed.
        options: weights, tile, fixed pattern and device.

    Returns:
        Iterator over sharp pictures like ``blur``, float32, encoded as it is; above 1 where it was
        clipped.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name; a tile below 64 pixels.
        RangeError: a frame outside the recording.
    """
    for frame in frames:
        stream.window(frame, 1)
    from spikecam.deblurring.log_rate_ratios import LogRateRatios
    from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer
    from spikecam.networks.refiner import Refiner
    from spikecam.weights.store import load_network

    network = load_network(Refiner, options.weights, options.device)
    ratios = LogRateRatios(
        stream, exposure, network.input_config, fpn=options.fpn, readout=blur.readout
    )
    picture = RefinerDeblurrer(network, blur, ratios, tile=options.tile)
    return (picture.deblur(frame) for frame in frames)


METHOD = Method(
    name="refined",
    summary="SDM corrected by a network, for any threshold",
    takes=Takes.SPIKES_AND_PICTURE,
    run=refined,
    options=RefinedOptions,
    undoes_rolling_shutter=True,
    networks=("refiner",),
)
