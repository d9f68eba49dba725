"""S-SDM's student and teacher, each by itself (SpikeReveal 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import GeometryError, OptionError
from spikecam.networks.ldn import LDN, SCALE, pool
from spikecam.networks.teacher import Teacher
from spikecam.picture import Picture
from spikecam.resources import pick_device
from spikecam.stream import Span, SpikeStream
from spikecam.tiles import (
    Tile,
    as_pixels,
    as_tensor,
    computing,
    tiles,
    together,
)
from spikecam.weights.store import load_weights

# Frames of the short window that the blind-spot network cleans.
SHORT = 9

Source = str | PathLike[str]


def ldn(
    blur: Picture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    *,
    weights: Source = "ldn",
    tile: int | None = None,
    device: str = "auto",
) -> Iterator[Picture]:
    """Deblur ``frames`` by the student, LDN (SpikeReveal, Eq. 11), for the threshold it learned.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1], 4 times as fine as the spikes.
        stream: spikes of the same view.
        frames: frame numbers; each is seen with the frames around it that the network takes.
        exposure: not used: the network knows nothing of it.
        weights: a name of those that ship, or a file.
        tile: side in pixels of the parts that are computed one after another; by default 1536.
        device: "auto", "cpu", "cuda".

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1].

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: the picture is not 4 times as fine as the spikes.
        OptionError: no weights of that name; a tile below 64 pixels.
        RangeError: a window leaves the recording.
    """
    network, _ = load_weights(weights, "ldn")
    assert isinstance(network, LDN)
    spans = [stream.window(frame, network.config.window) for frame in frames]
    if any(-(-n // SCALE) != m for n, m in zip(blur.shape, stream.shape[1:], strict=False)):
        raise GeometryError(
            f"LDN takes pictures {SCALE} times as fine as the spikes, and {blur.shape[1]}x"
            f"{blur.shape[0]} is not, to spikes of {stream.width}x{stream.height}; use refined"
        )
    network.to(pick_device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    picture = LDNPicture(network, blur, tile=tile)
    return (picture.sharp(np.asarray(stream[start:stop])) for start, stop in spans)


class LDNPicture:
    """A blurry picture ready for LDN: what all moments share is computed once.

    Args:
        network: on its device.
        blur: the picture.
        tile: side of the parts that are computed one after another.
        exact: float32 throughout, where bfloat16 would be faster.
    """

    def __init__(
        self, network: LDN, blur: Picture, *, tile: int | None = None, exact: bool = False
    ) -> None:
        self.network, self.blur, self.exact = network, blur, exact
        self.device = next(network.parameters()).device
        picture = as_tensor(blur)
        self.size = picture.shape[2:]
        down, across = (-side % SCALE for side in self.size)
        padded = functional.pad(picture, (0, across, 0, down), mode="replicate")
        padded = padded.to(self.device, memory_format=torch.channels_last)
        self.tiles = tiles(padded.shape[2:], tile, network.reach)
        with computing(self.device, exact=exact):
            self.shared = together(self.tiles, lambda tile: network.encode(tile.of(padded)))

    def sharp(self, spikes: np.ndarray) -> Picture:
        """The sharp picture in the middle of the spikes (T, H, W), 0 or 1."""
        held = torch.from_numpy(spikes).to(self.device, torch.float32)[None]
        held = held.contiguous(memory_format=torch.channels_last)

        def refine(tile: Tile) -> tuple[Tensor]:
            parts = (*self.shared, held)
            features, base, own = map(tile.of, parts)
            return (self.network.refine((features, base), own, pooled),)

        with computing(self.device, exact=self.exact):
            pooled = self._pooled(held) if len(self.tiles) > 1 else None
            (whole,) = together(self.tiles, refine)
        return as_pixels(whole[:, :, : self.size[0], : self.size[1]], self.blur)

    def _pooled(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and maximum of every channel over the whole picture, part by part."""
        total, most, pixels = None, None, 0
        for tile in self.tiles:
            features = self.network.join(tile.of(self.shared[0]), tile.of(spikes))
            rows, columns = (slice(s.start // SCALE, s.stop // SCALE) for s in tile.kept)
            kept = features[:, :, rows, columns]
            area = kept.shape[2] * kept.shape[3]
            mean, high = pool(kept.float())
            total = mean * area if total is None else total + mean * area
            most = high if most is None else torch.maximum(most, high)
            pixels += area
        assert total is not None
        assert most is not None
        return total / pixels, most


def teacher(
    blur: Picture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    *,
    weights: Sequence[Source] = ("bsn", "edsr"),
    device: str = "auto",
) -> Iterator[Picture]:
    """Deblur ``frames`` by the teacher: BSN, super-resolution, SDM (see `Teacher`).

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view.
        frames: frame numbers; each is seen with 4 frames on both sides.
        exposure: frames (start, stop) during which the picture was exposed.
        weights: of a blind-spot network and of one for super-resolution, names or files; "none"
            leaves rates as they are, and makes them finer by bilinear interpolation.
        device: "auto", "cpu", "cuda".

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1].

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name, or not two.
        RangeError: a window leaves the recording.
    """
    spans = [stream.window(frame, SHORT) for frame in frames]
    if isinstance(weights, (str, PathLike)) or len(weights) != 2:
        raise OptionError("the teacher takes two weights: of a bsn and of an edsr")
    bsn = nn.Identity() if weights[0] == "none" else load_weights(weights[0], "bsn")[0]
    finer = nn.Upsample(scale_factor=SCALE, mode="bilinear")
    sr = finer if weights[1] == "none" else load_weights(weights[1], "edsr")[0]
    network = Teacher(bsn, sr)
    where = pick_device(device)
    network.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return _taught(network, blur, stream, spans, exposure, where)


def _taught(
    network: Teacher,
    blur: Picture,
    stream: SpikeStream,
    spans: list[Span],
    exposure: Span,
    device: torch.device,
) -> Iterator[Picture]:
    picture = as_tensor(blur).to(device)
    long = _rates(stream, exposure).to(device)
    for span in spans:
        with computing(device, exact=False):
            sharp = network(picture, _rates(stream, span).to(device), long)[:, 0]
        yield as_pixels(sharp, blur)


def _rates(stream: SpikeStream, span: Span) -> Tensor:
    """Firing rates in a window, (1, 1, H, W)."""
    counts = stream.count(*span).astype(np.float32)
    return torch.from_numpy(counts / np.float32(span[1] - span[0]))[None, None]
