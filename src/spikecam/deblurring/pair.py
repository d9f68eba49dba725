"""A blurry picture and its recording: the encoding of the picture, and whether they match."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.encoding_measurement import EncodingMeasurement, measure_encoding
from spikecam.deblurring.exposure_estimate import estimate_exposure
from spikecam.deblurring.pair_check import MATCH, MIN_PIXELS, MISMATCH, check_pair
from spikecam.deblurring.picture_shift import MIN_SHIFT, estimate_shift, move_to_spikes
from spikecam.encoding import AUTO, LINEAR, SRGB, Encoding, parse_encoding
from spikecam.errors import GeometryError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.picture import Picture, as_floats
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.stream import Span, SpikeStream

# Share of clipped pixels from which nothing can be deblurred.
_MAX_CLIPPED = 0.98
# Distance of a named encoding's gamma from the measured range that is worth a warning.
_GAMMA_TOLERANCE = 0.25


@dataclass(frozen=True)
class MatchedPair:
    """A blurry picture that was compared with its recording.

    Attributes:
        picture: the picture with its encoding, moved to the spikes where it lay beside them.
        exposure: frames (start, stop) during which it was exposed.
        facts: sentences on what was decided.
    """

    picture: BlurryPicture
    exposure: Span
    facts: tuple[str, ...]


def match_pair(
    picture: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    exposure: Span | None = None,
    *,
    name: str | None = None,
    encoding: str | PathLike | Encoding = AUTO,
    check_match: bool = True,
    fpn: FixedPattern | None = None,
) -> MatchedPair:
    """Compare a blurry picture with its recording: encoding, exposure and place of the picture.

    Args:
        picture: the picture, or its path: (h, w) or (h, w, 3) in [0, 1], or above where it is
            linear light.
        stream: spikes of the same view.
        exposure: frames (start, stop) during which the picture was exposed. By default what the
            recording says; else they are estimated, or all frames.
        name: of the picture in messages; by default its path.
        encoding: of the picture: "auto" measures it from the pair, else as `parse_encoding` takes.
        check_match: whether to estimate an exposure that nobody says, move a picture that lies
            beside the spikes, and refuse a pair that does not belong together.
        fpn: fixed pattern of the spike camera.

    Returns:
        The picture with its encoding, its exposure, and sentences on how they were decided.

    Raises:
        FileError: a picture or encoding that cannot be read.
        GeometryError: picture and spikes do not cover the same view, or are not of one scene.
        OptionError: values above 1 in a picture that is not linear, or one that is white nearly
            everywhere.
        RangeError: the exposure leaves the recording.
    """
    name = name or picture_name(picture)
    values = read_blurry_values(picture)
    check_aspect_ratio(values, stream, name)
    chosen = _named_encoding(values, encoding, name)
    known = stream.exposure if exposure is None else stream.check_exposure(exposure)
    span = known or (0, len(stream))
    facts = []
    if exposure is None:
        facts.append(f"exposure {span[0]}:{span[1]} of {len(stream)} frames")
    if chosen is not None and not check_match:
        return MatchedPair(BlurryPicture(values, chosen), span, (*facts, f"encoding {chosen}"))
    rate = _exposure_rate(stream, span, fpn)
    blurry, fact, measurement = _with_encoding(values, rate, chosen, name)
    if check_match:
        if measurement is not None and measurement.clipped > _MAX_CLIPPED:
            raise OptionError(
                f"{name} is clipped to white in {measurement.clipped:.0%} of its area, and nothing "
                "can be brought back there; expose it for less time"
            )
        comparable = rate.size >= MIN_PIXELS
        if known is None and comparable:
            span = estimate_exposure(blurry, stream)
            if span != (0, len(stream)):
                facts = [
                    f"exposure {span[0]}:{span[1]} of {len(stream)} frames, estimated from the pair"
                ]
                rate = _exposure_rate(stream, span, fpn)
                blurry, fact, measurement = _with_encoding(values, rate, chosen, name)
        _require_match(blurry, rate, span, stream, name)
        if comparable:
            blurry, moved = _moved_to_spikes(blurry, rate)
            facts += moved
        if chosen is not None and measurement is not None:
            _warn_of_other_encoding(chosen, measurement, name)
    return MatchedPair(blurry, span, (*facts, fact))


def _named_encoding(
    values: Picture, encoding: str | PathLike | Encoding, name: str
) -> Encoding | None:
    """The encoding that is named; linear for values above 1; None to measure it."""
    chosen = None if encoding == AUTO else parse_encoding(encoding)
    if float(values.max()) <= 1:
        return chosen
    if chosen is not None and not chosen.is_linear:
        raise OptionError(
            f"{name} has values up to {values.max():.4g}, which only linear light has, and its "
            f"encoding is {chosen}; scale it to [0, 1], or choose linear"
        )
    return LINEAR


def _exposure_rate(stream: SpikeStream, span: Span, fpn: FixedPattern | None) -> Picture:
    [charge] = iter_span_charges(stream, [span], fpn=fpn)
    return charge / np.float32(span[1] - span[0])


def _with_encoding(
    values: Picture, rate: Picture, chosen: Encoding | None, name: str
) -> tuple[BlurryPicture, str, EncodingMeasurement | None]:
    """Picture with its encoding, a sentence on it, and the measurement."""
    measurement = measure_encoding(np.minimum(values, 1), rate)
    if chosen is not None:
        return BlurryPicture(values, chosen), f"encoding {chosen}", measurement
    encoding, fact = _decide(measurement, name)
    return BlurryPicture(values, encoding), fact, measurement


def _moved_to_spikes(picture: BlurryPicture, rate: Picture) -> tuple[BlurryPicture, list[str]]:
    """Picture at the place of the spikes, and a sentence where it was moved."""
    shift = estimate_shift(picture, rate)
    if math.hypot(*shift) < MIN_SHIFT:
        return picture, []
    scale = picture.shape[1] / rate.shape[1]
    x, y = (-scale * length for length in shift)
    return move_to_spikes(picture, shift, rate.shape[1]), [
        f"the picture was moved by {x:+.1f}, {y:+.1f} pixels (right, down) to lie on the spikes"
    ]


def read_blurry_values(picture: npt.ArrayLike | PathLike) -> Picture:
    """Read stored values of a blurry picture from a path, or check those of an array.

    Raises:
        FileError: a file that cannot be read.
        OptionError: no picture, or values below 0 or not finite.
    """
    if isinstance(picture, (str, os.PathLike)):
        return read_picture(picture)
    array = np.asarray(picture)
    high = float(array.max()) if array.dtype.kind == "f" and array.size else 0.0
    if not 1 < high < float("inf"):
        return as_floats(array, "a blurry picture")
    # Light above white; all else is checked as for other pictures.
    return as_floats(array / high, "a blurry picture") * np.float32(high)


def picture_name(picture: object) -> str:
    """Name of a picture in messages: its path, or "the picture" for an array."""
    return str(picture) if isinstance(picture, (str, os.PathLike)) else "the picture"


def check_aspect_ratio(picture: Picture, stream: SpikeStream, name: str = "the picture") -> None:
    """Refuse a picture whose aspect ratio is not that of the spikes.

    The magnification need not be whole, and may be below 1; width and height must agree to half a
    spike pixel.

    Raises:
        GeometryError: the picture, called by ``name``, is of another shape.
    """
    height, width = picture.shape[:2]
    across, down = width / stream.width, height / stream.height
    difference = abs(across - down) / max(across, down) * max(stream.width, stream.height)
    if difference > 0.5:
        raise GeometryError(
            f"{name} of {width}x{height} is {across:.3g} times as wide but {down:.3g} times "
            f"as high as the spikes of {stream.width}x{stream.height}; crop both to the same view"
        )


def _decide(measurement: EncodingMeasurement | None, name: str) -> tuple[Encoding, str]:
    """Encoding by a measurement, with a sentence; sRGB where it tells nothing."""
    if measurement is None:
        return SRGB, f"encoding srgb: too little of {name} can be compared with the spikes"
    if measurement.is_certain:
        return measurement.encoding, f"encoding {measurement.summary()}, measured from the pair"
    named = measurement.encoding if measurement.encoding.name in ("linear", "srgb") else SRGB
    low, high = measurement.gamma_range
    fact = f"encoding {named}: the pair allows gammas from {low:g} to {high:g}"
    return named, fact


def _warn_of_other_encoding(
    encoding: Encoding, measurement: EncodingMeasurement, name: str
) -> None:
    low, high = measurement.gamma_range
    # The exponent that fits a curve best in its middle, as the measurement weighs it.
    gamma = float(np.log(encoding.decode(0.5)) / np.log(0.5))
    if measurement.is_certain and not low - _GAMMA_TOLERANCE <= gamma <= high + _GAMMA_TOLERANCE:
        warnings.warn(
            f"{name} is read as {encoding}, but the pair shows {measurement.summary()}; "
            "leave the encoding out to have it measured",
            stacklevel=4,
        )


def _require_match(
    picture: BlurryPicture, rate: Picture, exposure: Span, stream: SpikeStream, name: str
) -> None:
    """Refuse a pair that does not belong together, and warn of one that may not.

    Raises:
        GeometryError: it does not.
    """
    start, stop = exposure
    check = check_pair(picture, rate, stop - start)
    if check is None or check.agreement >= MATCH:
        return
    frames = f"{name} and the spikes of frames {start}:{stop}"
    advice = "check the exposure and the alignment"
    if check.orientation is None:
        first, last = estimate_exposure(picture, stream)
        other = check_pair(picture, _exposure_rate(stream, (first, last), None), last - first)
        if other is not None and other.agreement >= max(MATCH, check.agreement + 0.05):
            advice = f"frames {first}:{last} agree by {other.agreement:.0%}: give that exposure"
    if check.agreement >= MISMATCH:
        warnings.warn(
            f"{frames} agree by {check.agreement:.0%} only; {advice}",
            stacklevel=4,
        )
        return
    if check.orientation is not None:
        raise GeometryError(
            f"the recording agrees with {name} when it is {check.orientation}; turn it with "
            "--flip or --rotate, or turn this check off with --no-check-match"
        )
    raise GeometryError(
        f"{frames} do not show the same scene (agreement {max(check.agreement, 0):.0%}); "
        f"{advice}, or turn this check off with --no-check-match"
    )
