"""Inference of the fusion network: the light around a frame to its picture, by tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from spikecam.fixed_pattern import FixedPattern
from spikecam.networks.fusion import Fusion
from spikecam.picture import Picture
from spikecam.reconstruction.fusion_input import FusionInput
from spikecam.reconstruction.motion_span import MotionSpan, iter_motion_spans
from spikecam.stream import SpikeStream
from spikecam.tiles import Tile, inference_context, split_into_tiles, stitch


class FrameFusion:
    """Fuses short exposures to pictures.

    Args:
        network: on its device.
        tile: side in pixels of the parts that are computed one after another; by default 1536.
        lens_blur: standard deviation in pixels of the lens's blur, which is taken out.
    """

    def __init__(self, network: Fusion, *, tile: int | None = None, lens_blur: float = 0.0) -> None:
        self.network, self.tile, self.lens_blur = network, tile, lens_blur
        self.inputs = FusionInput(network.input_config)
        # A tile that cannot be is refused before the first frame.
        split_into_tiles((64, 64), tile, network.receptive_radius)

    def iter_pictures(
        self, stream: SpikeStream, frames: Sequence[int], fpn: FixedPattern | None = None
    ) -> Iterator[Picture]:
        """Iterate over firing rates at frames of a recording, (H, W) in [0, 1]."""
        inputs = self.inputs
        spans = iter_motion_spans(stream, frames, inputs.reach, fpn=fpn, detail=inputs.detail)
        return (self.picture(span, frame) for span, frame in spans)

    def picture(self, span: MotionSpan, frame: int) -> Picture:
        """Firing rate at a frame of the span, (H, W) in [0, 1]."""
        height, width = span.stream.shape[1:]
        device = next(self.network.parameters()).device
        frame_maps = self.inputs.frame_maps(span, frame, self.lens_blur)
        pictures, maps = frame_maps.tensors()
        size = pictures.shape[2:]
        parts = split_into_tiles(size, self.tile, self.network.receptive_radius)

        def compute(part: Tile) -> tuple[Tensor]:
            return (self.network(part.crop(pictures).to(device), part.crop(maps).to(device)),)

        with inference_context(device, full_precision=False):
            (whole,) = stitch(parts, compute)
        rate = whole[0, 0, :height, :width].float().cpu().numpy() * np.float32(frame_maps.white)
        return np.ascontiguousarray(np.clip(span.restore_brightness(rate, frame), 0, 1))
