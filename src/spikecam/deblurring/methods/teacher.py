"""The teacher of S-SDM: denoising and super-resolution inside SDM (SpikeReveal 3.3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.bsn import BSNInputConfig
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import read_weights_info


@dataclass(frozen=True)
class TeacherOptions:
    """Options of the teacher.

    Attributes:
        weights: of a blind-spot network and of one for super-resolution, names or files; "none"
            leaves rates as they are, and enlarges them by bilinear interpolation.
        device: where the networks run.
    """

    weights: tuple[PathLike, PathLike] = ("bsn", "edsr")
    device: str = "auto"


def teacher(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: TeacherOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by the teacher: BSN, super-resolution, SDM (see `Teacher`).

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3); the networks see its light.
        stream: spikes of the same view.
        frames: frame indices; each is seen in the window of the blind-spot network.
        exposure: frames (start, stop) during which the picture was exposed.
        options: weights and device.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1], encoded as it is.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: spikes too small, or too narrow, for the blind-spot network.
        OptionError: no weights of that name.
        RangeError: a window leaves the recording.
    """
    window = _window_length(options, stream)
    spans = [stream.window(frame, window) for frame in frames]
    from spikecam.deblurring.teacher_pictures import (
        check_min_side_and_aspect_ratio,
        exposure_rates,
        iter_teacher_pictures,
        load_teacher,
    )

    network = load_teacher(options.weights, options.device)
    check_min_side_and_aspect_ratio(network, stream)
    values = np.minimum(blur.light, 1)
    long_rate = exposure_rates(stream, exposure, blur.readout)
    light = iter_teacher_pictures(network, values, long_rate, stream, spans, options.device)
    return map(blur.encoding.encode, light)


def _window_length(options: TeacherOptions, stream: SpikeStream) -> int:
    """Frames of the short window that the blind-spot network takes, from its file of weights."""
    if options.weights[0] == "none":
        return BSNInputConfig.window
    config = read_weights_info(options.weights[0], "bsn").input_config
    assert isinstance(config, BSNInputConfig)
    return config.window


METHOD = Method(
    name="teacher",
    summary="the teacher of S-SDM: denoising and super-resolution inside SDM",
    takes=Takes.SPIKES_AND_PICTURE,
    run=teacher,
    options=TeacherOptions,
    source="SpikeReveal, NeurIPS 2024",
    window=_window_length,
    undoes_rolling_shutter=True,
    networks=("bsn", "edsr"),
)
