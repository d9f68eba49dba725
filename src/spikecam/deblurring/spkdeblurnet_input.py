"""Input of SpkDeblurNet: spikes around a moment, and the intervals between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.spike_window_input import window_spikes
from spikecam.errors import RangeError
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig, SpkDeblurNetInputConfig
from spikecam.reconstruction.methods.tfi import TfiOptions, tfi
from spikecam.stream import SpikeStream


def spkdeblurnet_input(
    stream: SpikeStream,
    frame: int,
    config: SpkDeblurNetConfig | None = None,
    input_config: SpkDeblurNetInputConfig | None = None,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Spikes of the window around a frame, and inverse intervals at the frame.

    The window of T frames begins T // 2 frames before the frame. Intervals are those of TFI between
    the spikes of the window alone.

    Returns:
        Zeros and ones (T, H, W), and inverse intervals times ``interval_gain``, (1, H, W).

    Raises:
        RangeError: the window leaves the recording.
    """
    config, input_config = config or SpkDeblurNetConfig(), input_config or SpkDeblurNetInputConfig()
    start = frame - config.frames // 2
    stop = start + config.frames
    if start < 0 or stop > len(stream):
        first, last = frame - start, len(stream) - (stop - frame)
        hint = f"choose a frame from {first} to {last}" if first <= last else "it is too short"
        raise RangeError(
            f"SpkDeblurNet sees {config.frames} frames around frame {frame}, and the recording has "
            f"{len(stream)}; {hint}"
        )
    spikes = window_spikes(stream, (start, stop))
    (rates,) = tfi(stream[start:stop], [frame - start], TfiOptions())
    return spikes, np.float32(input_config.interval_gain) * rates[None]
