"""Optical flow by SCFlow, with weights of the user's own.

The network was trained for frames at one distance, such as 10. Frames further apart are led to in
steps of about that length; as its authors do, each step begins with the flow of the one before,
and the first with none. Towards earlier frames the network sees spikes in the reverse order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.scflow import SCFlowConfig, SCFlowInputConfig
from spikecam.optical_flow.steps import Flow, compose_flows, split_into_steps
from spikecam.stream import SpikeStream
from spikecam.weights.catalogue import WeightsInfo, read_own_weights_info

if TYPE_CHECKING:
    from torch import Tensor

_KIND = "scflow"


@dataclass(frozen=True)
class SCFlowOptions:
    """Options of `scflow`.

    Attributes:
        weights: a file of `spikecam weights import`, or the name of weights of your own; by default
            those that are called as the network is.
        spacing: frames between the two moments that the weights were trained for, 10 or 20 for
            those of the authors; by default as the file of weights says.
        device: "auto", "cpu", "cuda".
    """

    weights: PathLike | None = None
    spacing: int | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.spacing is not None and self.spacing < 1:
            raise OptionError(f"the spacing is at least 1 frame, not {self.spacing}")


def scflow(
    stream: SpikeStream, pairs: Sequence[tuple[int, int]], options: SCFlowOptions
) -> Iterator[Flow]:
    """Optical flow of each pair of frames, by SCFlow.

    Args:
        stream: the recording.
        pairs: of two frames, from one to the other.
        options: weights, spacing and device.

    Returns:
        Iterator over float32 (H, W, 2) in pixels, x before y.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name.
        RangeError: a window leaves the recording.
    """
    window = _window(options, stream)
    for pair in pairs:
        for frame in pair:
            stream.window(frame, window)
    from spikecam.networks.scflow import SCFlow
    from spikecam.weights.store import load_network

    info = _info(options)
    assert isinstance(info.input_config, SCFlowInputConfig)
    network = load_network(SCFlow, info.path, options.device)
    spacing = options.spacing or info.input_config.spacing
    return (_estimate_flow(network, stream, at, to, spacing) for at, to in pairs)


def _estimate_flow(network: Any, stream: SpikeStream, at: int, to: int, spacing: int) -> Flow:
    """Flow from one frame to another in steps of about ``spacing`` frames."""
    from spikecam.networks.scflow import propagate_flow
    from spikecam.tiles import inference_context

    device = next(network.parameters()).device
    window, is_reversed = network.config.window, to < at

    def read_window(frame: int) -> Tensor:
        import torch

        start, stop = stream.window(frame, window)
        spikes = np.asarray(stream[start:stop], np.float32)
        return torch.from_numpy(np.ascontiguousarray(spikes[::-1] if is_reversed else spikes))[None]

    flow: Flow | None = None
    # Flow of the step before, where it leads, in pixels a frame.
    velocity: Tensor | None = None
    for start, stop in split_into_steps(at, to, round(abs(to - at) / spacing)):
        frames = abs(stop - start)
        first, second = (read_window(frame).to(device) for frame in (start, stop))
        with inference_context(device, full_precision=True):
            initial = None if velocity is None else velocity * frames
            estimate = network(first, second, initial, frames)
            velocity = propagate_flow(estimate) / frames
            step_flow = np.ascontiguousarray(estimate[0].permute(1, 2, 0).float().cpu().numpy())
        flow = step_flow if flow is None else compose_flows(flow, step_flow)
    assert flow is not None
    return flow


def _info(options: SCFlowOptions) -> WeightsInfo:
    return read_own_weights_info(options.weights, _KIND)


def _window(options: SCFlowOptions, stream: SpikeStream) -> int:
    """Frames around each of both moments that the network takes, from its file of weights."""
    config = _info(options).config
    assert isinstance(config, SCFlowConfig)
    return config.window


METHOD = Method(
    name="scflow",
    summary="SCFlow, a pyramid of correlated spikes; with weights of your own",
    takes=Takes.SPIKES_AT_TWO_FRAMES,
    run=scflow,
    options=SCFlowOptions,
    source="Hu et al., CVPR 2022",
    window=_window,
    networks=(_KIND,),
)
