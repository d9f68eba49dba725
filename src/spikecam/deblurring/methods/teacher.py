"""The teacher of S-SDM: denoising and super-resolution inside SDM (SpikeReveal 3.3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

# Frames of the short window that the blind-spot network cleans.
_WINDOW_FRAMES = 9


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
    blur: Picture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: TeacherOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by the teacher: BSN, super-resolution, SDM (see `Teacher`).

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view.
        frames: frame indices; each is seen with 4 frames on both sides.
        exposure: frames (start, stop) during which the picture was exposed.
        options: weights and device.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1].

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: spikes too small, or too narrow, for the blind-spot network.
        OptionError: no weights of that name.
        RangeError: a window leaves the recording.
    """
    spans = [stream.window(frame, _WINDOW_FRAMES) for frame in frames]
    from spikecam.deblurring.teacher_pictures import check_size, load_teacher, teacher_pictures

    network = load_teacher(options.weights, options.device)
    check_size(network, stream)
    return teacher_pictures(network, blur, stream, spans, exposure, options.device)


METHOD = Method(
    name="teacher",
    summary="the teacher of S-SDM: denoising and super-resolution inside the formula",
    takes=Takes.SPIKES_AND_PICTURE,
    run=teacher,
    options=TeacherOptions,
    source="Chen et al., SpikeReveal, NeurIPS 2024",
    window=lambda options, stream: _WINDOW_FRAMES,
    networks=("bsn", "edsr"),
)
