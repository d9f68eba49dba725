"""Pictures from spikes alone, in the colours of a photograph that motion carries; ours.

See `spikecam.deblurring.colour_carrier`. The photograph may be blurry, and of another moment than
the pictures; it gives no detail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes, find_method
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream


@dataclass(frozen=True)
class ColourOptions:
    """Options of `colour`.

    Attributes:
        gray: method of reconstruct that gives the gray, with its own default options.
        fpn: fixed pattern of the spike camera, corrected spike by spike.
    """

    gray: str = "fusion"
    fpn: FixedPattern | None = None


def colour(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: ColourOptions,
) -> Iterator[Picture]:
    """Reconstruct ``frames`` from spikes alone, and colour them by a photograph.

    Args:
        blur: the photograph, (h, w, 3).
        stream: spikes of the same view.
        frames: frame indices, within the exposure or far from it.
        exposure: frames (start, stop) during which the photograph was exposed.
        options: method of the gray, and fixed pattern.

    Returns:
        Iterator over pictures like ``blur``, float32, encoded as it is.

    Raises:
        OptionError: a photograph without colours, or an unknown method of the gray.
        RangeError: a frame outside the recording.
    """
    if len(blur.shape) != 3:
        raise OptionError("a photograph without colours has none to give; leave out the photograph")
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    find_method(options.gray, Takes.SPIKES)
    return _run(blur, stream, frames, exposure, options)


def _run(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: ColourOptions,
) -> Iterator[Picture]:
    from spikecam.deblurring.colour_carrier import ColourCarrier
    from spikecam.deblurring.rolling_shutter import exposure_rate

    method = find_method(options.gray, Takes.SPIKES)
    values = {} if options.fpn is None else {"fpn": options.fpn}
    gray_options = method.parse_options(values)
    rate = exposure_rate(stream, exposure, fpn=options.fpn)
    white = np.float32(blur.white_rate(rate))

    def encode(rates: Picture) -> Picture:
        return np.asarray(blur.encoding.encode(np.maximum(rates, 0) / white), np.float32)

    def gray_at(frame: int) -> Picture:
        return encode(next(iter(method.run(stream, [frame], gray_options))))

    carrier = ColourCarrier(blur, stream, exposure, gray_at, options.fpn)
    for frame, rates in zip(frames, method.run(stream, frames, gray_options), strict=True):
        yield carrier.colour(encode(rates), frame)


METHOD = Method(
    name="colour",
    summary="pictures from spikes alone, coloured by a photograph, also of another moment",
    takes=Takes.SPIKES_AND_PICTURE,
    run=colour,
    options=ColourOptions,
)
