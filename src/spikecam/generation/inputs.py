"""What SpikeGen is conditioned on at a moment: a dense picture, spikes around it, and their gain.

The paper encodes the blurry picture, and for dense reconstruction from spikes alone TFP as a
"pseudo-dense" one (SpikeGen 4.3, Table 7). Where there are a blurry picture and spikes, our choice
is to encode what our refined SDM makes of both: it has the colours of the one and the moment of the
other, whatever the threshold of the sensor, and SpikeGen tells what it may have missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.ratios import Ratios
from spikecam.deblurring.refined_picture import RefinedPicture
from spikecam.errors import RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import as_gray
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

# Of spikes alone, all but the brightest hundredth becomes this bright at most.
_BRIGHT, _SHARE = 0.9, 0.99
# Where hardly anything fires, a spike counts no more than this.
_LARGEST_GAIN = 50.0


@dataclass(frozen=True)
class Conditioning:
    """What SpikeGen is conditioned on.

    Attributes:
        picture: what is encoded, (h, w) or (h, w, 3) in [0, 1].
        spikes: (T, H, W), zeros and ones; None for a picture alone.
        gain: what brings the rate of spikes to the brightness of the picture.
        scale: what the result is divided by to be a firing rate, where it is one.
        beyond: firing rates (h, w) of what is brighter than the picture can show, else 0; the
            result is never below.
    """

    picture: Picture
    spikes: npt.NDArray[np.uint8] | None = None
    gain: float = 1.0
    scale: float = 1.0
    beyond: Picture | None = None


def of_both(
    blur: Picture,
    stream: SpikeStream,
    moments: Sequence[int],
    exposure: Span,
    frames: int,
    refiner: Refiner | None,
    *,
    fpn: FixedPattern | None = None,
) -> Iterator[Conditioning]:
    """Moments in the exposure of a blurry picture; what they share is worked out once.

    Args:
        blur: (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view.
        moments: their frames.
        exposure: frames (start, stop) of the picture.
        frames: how many, T, around each.
        refiner: that of `refined`; None where g is 0, or 1 and nothing is made of the picture: then
            it stays as it is.
        fpn: the camera's fixed pattern, corrected in what the refiner makes.

    Raises:
        RangeError: the frames leave the recording.
    """
    spans = [around(stream, frame, frames) for frame in moments]
    made = None
    if refiner is not None:
        made = RefinedPicture(refiner, blur, Ratios(stream, exposure, fpn=fpn))
    rate = float(stream.count(*exposure).mean()) / (exposure[1] - exposure[0])
    gain = gain_to(as_gray(blur), rate)
    for moment, span in zip(moments, spans, strict=True):
        picture = blur if made is None else made.sharp(moment)
        yield Conditioning(picture, _unpacked(stream, span), gain)


def of_spikes(
    stream: SpikeStream, frame: int, frames: int, *, fpn: FixedPattern | None = None
) -> Conditioning:
    """A moment of spikes alone, with TFP of the same frames as its picture.

    Args:
        stream: the recording.
        frame: the moment.
        frames, fpn: as for `of_both`.

    Raises:
        RangeError: the frames leave the recording.
    """
    span = around(stream, frame, frames)
    rate = stream.count(*span).astype(np.float32) / np.float32(frames)
    if fpn is not None:
        rate = fpn.correct(rate)
    bright = float(np.quantile(rate, _SHARE))
    gain = min(_BRIGHT / max(bright, 1 / frames), _LARGEST_GAIN)
    picture = rate * np.float32(gain)
    beyond = np.where(picture > 1, rate, np.float32(0))
    return Conditioning(np.minimum(picture, 1), _unpacked(stream, span), gain, gain, beyond)


def gain_to(gray: Picture, rate: float) -> float:
    """What brings a mean firing rate to the brightness of a gray picture, 50 at most."""
    return min(float(gray.mean()) / max(rate, 1e-4), _LARGEST_GAIN)


def around(stream: SpikeStream, frame: int, frames: int) -> Span:
    """The frames [t - T / 2, t + T / 2).

    Raises:
        RangeError: they leave the recording.
    """
    start = frame - frames // 2
    if not 0 <= start <= len(stream) - frames:
        raise RangeError(
            f"frame {frame} with the {frames} frames around it leaves the recording of "
            f"{len(stream)}; choose one of {frames // 2} to {len(stream) - frames + frames // 2}"
        )
    return start, start + frames


def _unpacked(stream: SpikeStream, span: Span) -> npt.NDArray[np.uint8]:
    return np.asarray(stream[slice(*span)])
