"""Methods by networks that make a picture of a window of spikes, such as those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes, all_methods, find_method
from spikecam.networks.architecture import find_architecture
from spikecam.networks.configs.lrn import LRNInputConfig
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import WeightsInfo, read_own_weights_info

if TYPE_CHECKING:
    from torch import Tensor

# Reads the input of a network from the frames (start, stop) of a recording, as a batch of one; the
# first argument are the constants of the input.
ReadInput = Callable[[Any, SpikeStream, Span], "Tensor"]


def _no_margin(config: Any) -> int:
    return 0


@dataclass(frozen=True)
class WindowNetworkOptions:
    """Options of a network of a window of spikes.

    Attributes:
        weights: a file of `spikecam weights import`, or the name of weights of your own; by default
            those that are called as the network is.
        scale: factor from what the network gives to the firing rate: 1 where it was trained to give
            rates, 0.6 where it was trained to give pictures of which white fires 0.6 times a frame.
        tile: side in pixels of the parts that are computed one after another; by default 1536. The
            parts have no seams. Networks that see the whole picture at once, stir and ssml, have
            none.
        fpn: fixed pattern of the camera, corrected in the picture.
        device: "auto", "cpu", "cuda".
    """

    weights: PathLike | None = None
    scale: float = 1.0
    tile: int | None = None
    fpn: FixedPattern | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.scale < float("inf"):
            raise OptionError(f"the scale is a number above 0, not {self.scale:g}")


def read_spikes(config: Any, stream: SpikeStream, span: Span) -> Tensor:
    """Spikes of the frames (start, stop), (1, T, H, W), 0 or 1."""
    import torch

    frames = np.asarray(stream[span[0] : span[1]], np.float32)
    return torch.from_numpy(frames)[None]


@dataclass(frozen=True)
class WindowNetworkMethod(Method):
    """Declaration of a method by a network that makes a picture of a window of spikes.

    Attributes:
        read_input: reads the input of the network, for inference and training alike.
        margin: by the constants of the input, how many frames before and after the window it
            depends on.
    """

    read_input: ReadInput = read_spikes
    margin: Callable[[Any], int] = _no_margin

    @property
    def kind(self) -> str:
        """Kind of the network."""
        return self.networks[0]


def window_network_method(
    name: str,
    summary: str,
    source: str = "ours",
    *,
    kind: str | None = None,
    read_input: ReadInput = read_spikes,
    margin: Callable[[Any], int] = _no_margin,
) -> WindowNetworkMethod:
    """Declare a method by a network that makes a picture of a window of spikes.

    The network is that of an `Architecture`; its configuration has ``window``, the frames that make
    one picture. Its input is a batch (B, ...), its output firing rates (B, 1, H, W) of the middle
    frame. ``spikecam train reconstruction`` trains it.

    Args:
        name: of the method.
        summary, source: see `Method`.
        kind: of the network; by default as the method.
        read_input: reads the input of the network; by default the spikes, (1, T, H, W), 0 or 1.
        margin: see `WindowNetworkMethod`; by default none.
    """
    kind = kind or name
    return WindowNetworkMethod(
        name=name,
        summary=summary,
        takes=Takes.SPIKES,
        run=partial(_run, kind, read_input),
        options=WindowNetworkOptions,
        source=source,
        window=partial(_window, kind),
        networks=(kind,),
        read_input=read_input,
        margin=margin,
    )


def find_window_network(name: str) -> WindowNetworkMethod:
    """Find the method by a network of a window of spikes that has this name.

    Raises:
        OptionError: there is none.
    """
    known = [m.name for m in all_methods(Takes.SPIKES) if isinstance(m, WindowNetworkMethod)]
    if name.lower() in map(str.lower, known):
        method = find_method(name, Takes.SPIKES)
        assert isinstance(method, WindowNetworkMethod)
        return method
    raise OptionError(f"no network {name!r} of a window of spikes; known are {', '.join(known)}")


def count_frames(config: Any, input_config: Any) -> int:
    """Count the frames that make one picture, by sizes of a network and constants of its input."""
    if isinstance(input_config, LRNInputConfig):
        return int(config.planes * input_config.frames)
    return int(config.window)


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
    from spikecam.reconstruction.window_inference import WindowInference
    from spikecam.weights.store import load_network

    info = _info(kind, options)
    network: Any = load_network(find_architecture(kind).load_class(), info.path, options.device)
    inference = WindowInference(
        network, stream, count_frames(info.config, info.input_config), read_input, tile=options.tile
    )

    def picture(output: Picture) -> Picture:
        rate = np.clip(output * np.float32(options.scale), 0, 1)
        if options.fpn is not None:
            rate = np.clip(options.fpn.correct(rate), 0, 1)
        return np.ascontiguousarray(rate)

    return map(picture, inference.iter_outputs(frames))


def _info(kind: str, options: WindowNetworkOptions) -> WeightsInfo:
    return read_own_weights_info(options.weights, kind)


def _window(kind: str, options: WindowNetworkOptions, stream: SpikeStream) -> int:
    # Of an even number of frames the middle one begins the second half.
    info = _info(kind, options)
    return count_frames(info.config, info.input_config) | 1
