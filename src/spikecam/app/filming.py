"""What is made of each frame of a film: a sharp picture; or samples, their mean and spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spikecam.deblurring.methods import deblurred_frames, window_of
from spikecam.generation.sampling import Sampling, frames_around
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

if TYPE_CHECKING:
    from spikecam.generation.methods import Generated

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
        options: ``method``, and what it takes: of `deblurred_frames`; or, with "spikegen", of
            `generated_frames`, with ``sampling`` as a mapping of what `Sampling` takes.

    Returns:
        Iterator over "sharp"; of SpikeGen over "mean", and, of more than one sample, "spread",
        "sample 1" and so on. All are in [0, 1]; of spikes alone they are firing rates, (H, W).

    Raises:
        SpikecamError: as `deblurred_frames` and `generated_frames`, before the first frame.
    """
    if options.get("method") != SPIKEGEN:
        assert blur is not None
        made = deblurred_frames(blur, stream, frames=frames, exposure=exposure, **options)
        return ({SHARP: picture} for picture in made)
    # With it comes torch, for which the page does not wait.
    from spikecam.generation.methods import generated_frames

    others = {name: one for name, one in options.items() if name not in ("method", "sampling")}
    drawn = generated_frames(
        blur,
        stream,
        frames=frames,
        exposure=None if blur is None else exposure,
        sampling=Sampling(**options.get("sampling", {})),
        **others,
    )
    return (_named(one) for one in drawn)


def room_around(method: str, stream: SpikeStream) -> int:
    """How many frames there should be around one of which a picture is made.

    Raises:
        OptionError: an unknown method.
        RangeError: the recording is too short for SpikeGen.
    """
    if method != SPIKEGEN:
        return window_of(method, {})
    return 2 * (frames_around(SPIKEGEN, stream) // 2) + 1


def _named(drawn: Generated) -> dict[str, Picture]:
    if len(drawn.samples) == 1:
        return {MEAN: drawn.mean}
    samples = {f"sample {i}": one for i, one in enumerate(drawn.samples, 1)}
    return {MEAN: drawn.mean, SPREAD: drawn.spread, **samples}
