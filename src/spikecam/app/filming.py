"""What is made of each frame of a film: a sharp picture; or samples, their mean and spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spikecam.deblurring.deblur import deblur_frames
from spikecam.generation.generate import generate_frames
from spikecam.generation.generated import Generated
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

SPIKEGEN = "spikegen"
SHARP, MEAN, SPREAD = "sharp", "mean", "spread"


def pictures_of(
    blur: Picture | None,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: Mapping[str, Any],
) -> Iterator[dict[str, Picture]]:
    """The pictures of frame after frame, by what they are; the film's own comes first.

    Args:
        blur: (h, w) or (h, w, 3) in [0, 1]; None for spikes alone, with SpikeGen.
        stream: the spikes.
        frames: which frames.
        exposure: frames (start, stop) of the picture.
        options: ``method``, and what it takes: of `deblur_frames`; or, with "spikegen", of
            `generate_frames`, with ``sampling`` as a mapping of its options.

    Returns:
        Iterator over "sharp"; of SpikeGen over "mean", and, of more than one sample, "spread",
        "sample 1" and so on. All are in [0, 1]; of spikes alone they are firing rates, (H, W).

    Raises:
        SpikecamError: as `deblur_frames` and `generate_frames`, before the first frame.
    """
    if options.get("method") != SPIKEGEN:
        assert blur is not None
        made = deblur_frames(blur, stream, frames=frames, exposure=exposure, **options)
        return ({SHARP: picture} for picture in made)
    others = {name: one for name, one in options.items() if name not in ("method", "sampling")}
    drawn = generate_frames(
        blur,
        stream,
        frames=frames,
        exposure=None if blur is None else exposure,
        **options.get("sampling", {}),
        **others,
    )
    return (_named(one) for one in drawn)


def room_around(method: str, stream: SpikeStream) -> int:
    """How many frames there should be around one of which a picture is made.

    Raises:
        OptionError: an unknown method.
        RangeError: the recording is too short for SpikeGen.
    """
    takes = Takes.SPIKES_OR_PICTURE if method == SPIKEGEN else Takes.SPIKES_AND_PICTURE
    declared = find_method(method, takes)
    return declared.window(declared.parse_options({}), stream)


def _named(drawn: Generated) -> dict[str, Picture]:
    if len(drawn.samples) == 1:
        return {MEAN: drawn.mean}
    samples = {f"sample {i}": one for i, one in enumerate(drawn.samples, 1)}
    return {MEAN: drawn.mean, SPREAD: drawn.spread, **samples}
