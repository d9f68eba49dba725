"""Inference of the teacher of S-SDM: rates in short and long windows through its two networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from spikecam.deblurring.rolling_shutter import exposure_rate
from spikecam.deblurring.spike_window_input import window_rates
from spikecam.errors import GeometryError
from spikecam.io.paths import PathLike
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.ldn import PICTURE_SCALE
from spikecam.networks.edsr import EDSR
from spikecam.networks.teacher import Teacher
from spikecam.picture import Picture
from spikecam.resources import pick_device
from spikecam.stream import Span, SpikeStream
from spikecam.tiles import inference_context, picture_to_tensor, tensor_to_picture
from spikecam.weights.store import load_network

# Pixels that the blind-spot network halves twice.
_MIN_SIDE = 4


def load_teacher(weights: Sequence[PathLike], device: str) -> Teacher:
    """Load the two networks of the teacher with their weights onto a device.

    Args:
        weights: of the blind-spot network and of that for super-resolution; "none" in place of the
            first leaves rates as they are, in place of the second interpolates them bilinearly.
        device: "auto", "cpu", "cuda", ...

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name, or no such device.
    """
    bsn, edsr = (
        None if name == "none" else load_network(network, name, device)
        for network, name in zip((BSN, EDSR), weights, strict=True)
    )
    upsample = nn.Upsample(scale_factor=PICTURE_SCALE, mode="bilinear")
    return Teacher(bsn or nn.Identity(), edsr or upsample)


def check_min_side_and_aspect_ratio(teacher: Teacher, stream: SpikeStream) -> None:
    """Refuse spikes too small or too elongated for the teacher's blind-spot network.

    Raises:
        GeometryError: they are.
    """
    if not isinstance(teacher.bsn, BSN):
        return
    short, long = sorted(stream.shape[1:])
    # Reflection adds less than the picture itself on each side.
    padded = teacher.bsn.config.reflect_to_square and (long - short + 1) // 2 >= short
    if short < _MIN_SIDE or padded:
        raise GeometryError(
            f"the teacher takes spikes of {_MIN_SIDE}x{_MIN_SIDE} pixels or more, less than three "
            f"times as long as wide, and these are {stream.width}x{stream.height}; use refined"
        )


def iter_teacher_pictures(
    teacher: Teacher,
    blur: Picture,
    long_rate: Picture,
    stream: SpikeStream,
    spans: Sequence[Span],
    device: str,
) -> Iterator[Picture]:
    """Yield the sharp picture at the middle of each span.

    Args:
        teacher: on its device.
        blur: light of the blurry picture.
        long_rate: firing rates in its exposure, see `exposure_rates`.
        stream: the recording.
        spans: short windows, one for each picture.
        device: where the networks run.
    """
    where = pick_device(device)
    picture = picture_to_tensor(blur).to(where)
    long = _as_tensor(long_rate).to(where)
    for span in spans:
        with inference_context(where, full_precision=False):
            sharp = teacher(picture, _as_tensor(window_rates(stream, span)).to(where), long)[:, 0]
        yield tensor_to_picture(sharp, blur)


def exposure_rates(stream: SpikeStream, exposure: Span, readout: float) -> Picture:
    """Firing rates in the exposure of a picture, those of each row in its own."""
    if not readout:
        return window_rates(stream, exposure)
    # Rows are exposed between frames, so charge is counted to the fraction of a spike.
    return exposure_rate(stream, exposure, readout=readout)


def _as_tensor(rates: Picture) -> Tensor:
    """Firing rates (H, W) as the networks take them, (1, 1, H, W)."""
    return torch.from_numpy(rates)[None, None]
