"""Inference of a network that makes a picture of a window of spikes: tiles, and shared features."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from spikecam.errors import OptionError
from spikecam.networks.short_windows import short_window_starts
from spikecam.networks.winograd import winograd_convolutions
from spikecam.picture import Picture
from spikecam.reconstruction.shared_features import SharedFeatures
from spikecam.stream import Span, SpikeStream
from spikecam.tiles import Tile, inference_context, split_into_tiles, stitch

# Features that neighbouring pictures share take so much at most.
_FEATURE_BYTES = 1 << 30


class WindowInference:
    """Makes pictures of a recording by a network.

    A network that sees the whole picture at once, by attention or by means over it, has no
    ``receptive_radius`` and computes whole pictures. One that encodes short windows of the spikes,
    each by itself (``encode_window`` and ``fuse_windows``), encodes those that neighbouring
    pictures share once.

    Args:
        network: on its device.
        stream: the recording.
        window: frames that make a picture.
        read_input: see `spikecam.reconstruction.window_network.ReadInput`.
        tile: side in pixels of the parts that are computed one after another; by default 1536.

    Raises:
        OptionError: a tile below 64 pixels, or for a network that computes whole pictures.
    """

    def __init__(
        self,
        network: Any,
        stream: SpikeStream,
        window: int,
        read_input: Callable[[Any, SpikeStream, Span], Tensor],
        *,
        tile: int | None = None,
    ) -> None:
        self.network, self.stream, self.window = network, stream, window
        self.read_input = read_input
        self.device = next(network.parameters()).device
        has_thresholds = getattr(network, "has_thresholds", False)
        self._winograd = self.device.type == "cpu" and not has_thresholds
        if self._winograd:
            # It takes channels first.
            network.to(memory_format=torch.contiguous_format)
        self.tiles = _split(network, stream.shape[1:], tile)
        self._shared = [SharedFeatures(_FEATURE_BYTES // len(self.tiles)) for _ in self.tiles]

    def iter_outputs(self, frames: Sequence[int]) -> Iterator[Picture]:
        """Yield what the network gives of frames, float32 (H, W), as it is."""
        is_shared = hasattr(self.network, "encode_window")
        for i, frame in enumerate(frames):
            convolutions = winograd_convolutions() if self._winograd else nullcontext()
            # bfloat16 costs the best of these networks 0.1 to 0.4 dB.
            with inference_context(self.device, full_precision=True), convolutions:
                output = self._fuse(frames, i) if is_shared else self._compute(frame)
                picture = output[0, 0].cpu().numpy()
            yield picture

    def _start(self, frame: int) -> int:
        return frame - self.window // 2

    def _read(self, start: int, length: int) -> Tensor:
        return self.read_input(self.network.input_config, self.stream, (start, start + length))

    def _compute(self, frame: int) -> Tensor:
        """The output at a frame."""
        inputs = self._read(self._start(frame), self.window)
        (output,) = stitch(
            self.tiles, lambda tile: (self.network(tile.crop(inputs).to(self.device)),)
        )
        return output

    def _fuse(self, frames: Sequence[int], i: int) -> Tensor:
        """The output at the frame number i, by the features of its short windows."""
        config = self.network.config
        starts = short_window_starts(config, self._start(frames[i]))
        # What is further apart shares nothing.
        later_starts = [
            start
            for frame in frames[i + 1 : i + 1 + self.window]
            for start in short_window_starts(config, self._start(frame))
        ]
        read: dict[int, Tensor] = {}

        def fuse(tile: Tile, shared: SharedFeatures) -> tuple[Tensor]:
            def encode(start: int) -> Tensor:
                if start not in read:
                    read[start] = self._read(start, config.short_window)
                features: Tensor = self.network.encode_window(
                    tile.crop(read[start]).to(self.device)
                )
                return features

            features = shared.compute(starts, later_starts, encode)
            rows, columns = tile.input_area
            size = rows.stop - rows.start, columns.stop - columns.start
            return (self.network.fuse_windows(features, size),)

        shared = iter(self._shared)
        (output,) = stitch(self.tiles, lambda tile: fuse(tile, next(shared)))
        return output


def _split(network: Any, size: Sequence[int], tile: int | None) -> list[Tile]:
    """Split a picture into the tiles of a network.

    Raises:
        OptionError: as `WindowInference`.
    """
    radius: int | None = getattr(network, "receptive_radius", None)
    if radius is None:
        if tile is not None:
            raise OptionError(
                f"{type(network).__name__} sees the whole picture at once; leave the tile out"
            )
        return split_into_tiles(size, max(64, *size), 0, 1)
    return split_into_tiles(size, tile, radius, getattr(network, "multiple", 1))
