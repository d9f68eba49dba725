"""Pictures of each frame of a sequence: one sharp one; or samples, their mean and spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spikecam.deblurring.deblur import deblur_frames
from spikecam.generation.generate import generate_frames
from spikecam.generation.generated import Generated
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

SHARP, MEAN, SPREAD = "sharp", "mean", "spread"


def sequence_pictures(
    method: Method,
    blur: Picture | None,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: Mapping[str, Any],
) -> Iterator[dict[str, Picture]]:
    """Pictures of frame after frame, by their kind; the main one comes first.

    Args:
        method: one that takes spikes and a picture, or either.
        blur: (h, w) or (h, w, 3) in [0, 1]; None for spikes alone.
        stream: the spikes.
        frames: frame indices.
        exposure: frames (start, stop) of the picture.
        options: of the method.

    Returns:
        Iterator over "sharp"; of a method that draws samples over "mean", and, of more than one
        sample, "spread", "sample 1" and so on. All are in [0, 1]; of spikes alone they are firing
        rates, (H, W).

    Raises:
        SpikecamError: as `deblur_frames` and `generate_frames`, before the first frame.
    """
    if method.takes is Takes.SPIKES_AND_PICTURE:
        assert blur is not None
        pictures = deblur_frames(
            blur, stream, frames=frames, exposure=exposure, method=method.name, **options
        )
        return ({SHARP: picture} for picture in pictures)
    generated = generate_frames(
        blur,
        stream,
        frames=frames,
        exposure=None if blur is None else exposure,
        method=method.name,
        **options,
    )
    return (_by_kind(one) for one in generated)


def _by_kind(generated: Generated) -> dict[str, Picture]:
    if len(generated.samples) == 1:
        return {MEAN: generated.mean}
    samples = {f"sample {i}": sample for i, sample in enumerate(generated.samples, 1)}
    return {MEAN: generated.mean, SPREAD: generated.spread, **samples}
