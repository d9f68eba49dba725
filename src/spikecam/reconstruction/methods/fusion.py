"""Pictures of moving scenes by a network that fuses short exposures along motion; ours.

Short exposures, moved to where their light is at the frame, and least squares along motion are
estimates of the same picture, each good elsewhere: `spikecam.networks.fusion` weighs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

# The largest that the network learns.
MAX_LENS_BLUR = 0.65


@dataclass(frozen=True)
class FusionOptions:
    """Options of `fusion`.

    Attributes:
        weights: a file of ``spikecam train fusion``, or the name of weights of your own; by default
            those that are called "fusion".
        tile: side in pixels of the parts that the network computes one after another; by default
            1536.
        lens_blur: standard deviation in pixels of the blur of lens and pixels, which is taken out;
            about 0.45 in recordings of REDS.
        fpn: fixed pattern of the camera, corrected spike by spike.
        device: "auto", "cpu", "cuda".
    """

    weights: PathLike = "fusion"
    tile: int | None = None
    lens_blur: float = 0.0
    fpn: FixedPattern | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.lens_blur <= MAX_LENS_BLUR:
            raise OptionError(
                f"the lens's blur is a number of pixels from 0 to {MAX_LENS_BLUR}, not "
                f"{self.lens_blur:g}"
            )


def fuse(stream: SpikeStream, frames: Sequence[int], options: FusionOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by the fusion network.

    Args:
        stream: the recording.
        frames: frame indices; those that follow each other share optical flow.
        options: weights, tile, fixed pattern and device.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W).

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: a tile below 64 pixels, or an unknown name of weights or of a device.
        RangeError: a frame lies outside the recording.
    """
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    from spikecam.networks.fusion import Fusion
    from spikecam.reconstruction.fuse import FrameFusion
    from spikecam.reconstruction.motion_span import iter_motion_spans
    from spikecam.weights.store import load_network

    network = load_network(Fusion, options.weights, options.device)
    fusion = FrameFusion(network, tile=options.tile, lens_blur=options.lens_blur)

    reach, detail = fusion.inputs.reach, fusion.inputs.detail
    spans = iter_motion_spans(stream, frames, reach, fpn=options.fpn, detail=detail)
    return (fusion.picture(span, frame) for span, frame in spans)


METHOD = Method(
    name="fusion",
    summary="a network that fuses short exposures along motion; with weights that you train",
    takes=Takes.SPIKES,
    run=fuse,
    options=FusionOptions,
    networks=("fusion",),
)
