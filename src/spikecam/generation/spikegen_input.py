"""Input of SpikeGen at a moment: a dense picture, the spikes around it, and their gain.

The paper encodes the blurry picture, and for dense reconstruction from spikes alone TFP as a
"pseudo-dense" one (SpikeGen 4.3, Table 7). Where there are a blurry picture and spikes, our choice
is to encode what our refined SDM makes of both: it has the colours of the one and the moment of the
other, whatever the threshold of the sensor, and SpikeGen adds what it may have missed. Where there
are spikes alone it is the picture of `fusion`, which is sharp where the scene moves; TFP is what
the network is trained with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer
from spikecam.errors import RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import as_gray
from spikecam.networks.configs.spikegen import SpikeGenInputConfig
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream


@dataclass(frozen=True)
class Conditioning:
    """Picture and spikes on which SpikeGen is conditioned at one moment.

    Attributes:
        picture: dense picture that is encoded, (h, w) or (h, w, 3) in [0, 1].
        spikes: (T, H, W), zeros and ones; None for a picture alone.
        gain: factor from the rate of spikes to the brightness of the picture.
        scale: by which samples are divided to be firing rates, where they are.
        overflow_rate: firing rates (h, w) of pixels brighter than the picture can show, else 0;
            samples are never below.
    """

    picture: Picture
    spikes: npt.NDArray[np.uint8] | None = None
    gain: float = 1.0
    scale: float = 1.0
    overflow_rate: Picture | None = None


class SpikeGenInput:
    """Builds the input of SpikeGen, in training and inference.

    Args:
        frames: how many, T, around each moment.
        config: ``input_config`` of the network.
    """

    def __init__(self, frames: int, config: SpikeGenInputConfig | None = None) -> None:
        self.frames, self.config = frames, config or SpikeGenInputConfig()

    def iter_conditioning_on_both(
        self,
        blur: BlurryPicture,
        stream: SpikeStream,
        moments: Sequence[int],
        exposure: Span,
        refiner: Refiner | None,
        *,
        fpn: FixedPattern | None = None,
    ) -> Iterator[Conditioning]:
        """Yield the conditioning on a blurry picture and spikes at each moment of the exposure.

        Args:
            blur: the blurry picture, (h, w) or (h, w, 3).
            stream: spikes of the same view.
            moments: their frame indices.
            exposure: frames (start, stop) of the picture.
            refiner: that of `refined`; None leaves the picture as it is, where g is 0 or 1.
            fpn: the camera's fixed pattern, corrected in what the refiner makes.

        Raises:
            RangeError: the frames leave the recording.
        """
        windows = [self.window_span(stream, frame) for frame in moments]
        refined = None
        if refiner is not None:
            ratios = LogRateRatios(
                stream, exposure, refiner.input_config, fpn=fpn, readout=blur.readout
            )
            refined = RefinerDeblurrer(refiner, blur, ratios)
        rate = float(stream.count(*exposure).mean()) / (exposure[1] - exposure[0])
        values = np.minimum(blur.values, 1)
        gain = self.brightness_gain(as_gray(values), rate)
        for moment, window in zip(moments, windows, strict=True):
            picture = values if refined is None else np.minimum(refined.deblur(moment), 1)
            yield Conditioning(picture, _unpack(stream, window), gain)

    def conditioning_on_spikes(
        self,
        stream: SpikeStream,
        frame: int,
        *,
        rate: Picture | None = None,
        fpn: FixedPattern | None = None,
    ) -> Conditioning:
        """Conditioning on spikes alone at a frame.

        Args:
            stream: the recording.
            frame: index of the moment.
            rate: firing rate (H, W) that is the picture; by default TFP of the same frames.
            fpn: the camera's fixed pattern, corrected in TFP.

        Raises:
            RangeError: the frames leave the recording.
        """
        config, window = self.config, self.window_span(stream, frame)
        if rate is None:
            rate = stream.count(*window).astype(np.float32) / np.float32(self.frames)
            rate = rate if fpn is None else fpn.correct(rate)
        white = float(np.quantile(rate, config.white_quantile))
        gain = min(config.white_level / max(white, 1 / self.frames), config.max_gain)
        picture = rate * np.float32(gain)
        overflow_rate = np.where(picture > 1, rate, np.float32(0))
        dense = np.minimum(picture, 1)
        return Conditioning(dense, _unpack(stream, window), gain, gain, overflow_rate)

    def brightness_gain(self, gray: Picture, mean_rate: float) -> float:
        """Gain that brings a mean firing rate to the mean brightness of a gray picture."""
        config = self.config
        return min(float(gray.mean()) / max(mean_rate, config.min_rate), config.max_gain)

    def window_span(self, stream: SpikeStream, frame: int) -> Span:
        """Span [t - T / 2, t + T / 2) of the window around a frame.

        Raises:
            RangeError: they leave the recording.
        """
        frames = self.frames
        start = frame - frames // 2
        if not 0 <= start <= len(stream) - frames:
            last = len(stream) - frames + frames // 2
            raise RangeError(
                f"frame {frame} with the {frames} frames around it leaves the recording of "
                f"{len(stream)}; choose one of {frames // 2} to {last}"
            )
        return start, start + frames


def _unpack(stream: SpikeStream, window: Span) -> npt.NDArray[np.uint8]:
    return np.asarray(stream[slice(*window)])
