"""Methods by networks that others published, which make a picture of a window of spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.architecture import find_architecture
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import WeightsInfo, read_own_weights_info

if TYPE_CHECKING:
    from torch import Tensor

# The input of a network, of the frames (start, stop) of a recording, as a batch of one.
ReadInput = Callable[[Any, SpikeStream, Span], "Tensor"]


@dataclass(frozen=True)
class WindowNetworkOptions:
    """Options of a network that others published.

    Attributes:
        weights: a file of `spikecam weights import`, or the name of weights of your own; by default
            those that are called as the network is.
        scale: factor from what the network gives to the firing rate: 1 where it was trained to give
            rates, 0.6 where it was trained to give pictures of which white fires 0.6 times a frame.
        fpn: fixed pattern of the camera, corrected in the picture.
        device: "auto", "cpu", "cuda".
    """

    weights: PathLike | None = None
    scale: float = 1.0
    fpn: FixedPattern | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.scale < float("inf"):
            raise OptionError(f"the scale is a number above 0, not {self.scale:g}")


def window_network_method(
    name: str,
    summary: str,
    source: str,
    *,
    kind: str | None = None,
    read_input: ReadInput | None = None,
) -> Method:
    """Declare a method by a network that makes a picture of a window of spikes.

    Args:
        name: of the method.
        summary, source: see `Method`.
        kind: of the network; by default as the method.
        read_input: reads the input of the network; by default the spikes, (1, T, H, W).
    """
    kind = kind or name
    return Method(
        name=name,
        summary=summary,
        takes=Takes.SPIKES,
        run=partial(_run, kind, read_input or read_spikes),
        options=WindowNetworkOptions,
        source=source,
        window=partial(_window, kind),
        networks=(kind,),
    )


def read_spikes(network: Any, stream: SpikeStream, span: Span) -> Tensor:
    """Spikes of the frames (start, stop), (1, T, H, W), 0 or 1."""
    import torch

    frames = np.asarray(stream[span[0] : span[1]], np.float32)
    return torch.from_numpy(frames)[None]


def _run(
    kind: str,
    read_input: ReadInput,
    stream: SpikeStream,
    frames: Sequence[int],
    options: WindowNetworkOptions,
) -> Iterator[Picture]:
    window = _window(kind, options, stream)
    for frame in (min(frames), max(frames)):
        stream.window(frame, window)
    from spikecam.tiles import inference_context
    from spikecam.weights.store import load_network

    info = _info(kind, options)
    network: Any = load_network(find_architecture(kind).load_class(), info.path, options.device)
    device, count = next(network.parameters()).device, _frame_count(info)

    def picture(frame: int) -> Picture:
        start = frame - count // 2
        inputs = read_input(network, stream, (start, start + count)).to(device)
        with inference_context(device, full_precision=False):
            rate = network(inputs)[0, 0].float().cpu().numpy() * np.float32(options.scale)
        if options.fpn is not None:
            rate = options.fpn.correct(np.clip(rate, 0, 1))
        return np.ascontiguousarray(np.clip(rate, 0, 1))

    return map(picture, frames)


def _info(kind: str, options: WindowNetworkOptions) -> WeightsInfo:
    return read_own_weights_info(options.weights, kind)


def _frame_count(info: WeightsInfo) -> int:
    """Frames that make one picture."""
    if info.network == "lrn":
        return int(info.config.planes * info.input_config.frames)  # type: ignore[attr-defined]
    return int(info.config.window)


def _window(kind: str, options: WindowNetworkOptions, stream: SpikeStream) -> int:
    # Of an even number of frames the middle one begins the second half.
    return _frame_count(_info(kind, options)) | 1
