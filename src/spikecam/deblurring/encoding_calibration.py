"""Calibration of a camera's encoding from pictures and their spikes, to be used for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.encoding_measurement import (
    EncodingMeasurement,
    PictureWithRate,
    measure_encoding_of_pairs,
)
from spikecam.deblurring.pair import PairSettings, match_pair, picture_name, read_blurry_values
from spikecam.deblurring.rolling_shutter import exposure_rate
from spikecam.errors import OptionError
from spikecam.io.exr import is_exr
from spikecam.io.paths import PathLike
from spikecam.registration.alignment import Alignment
from spikecam.stream import Span, SpikeStream

_SCENE = (
    "record a scene of many brightnesses from black to white, held still, with little that is "
    "clipped to white, or several of them"
)


@dataclass(frozen=True, eq=False)
class CalibrationPair:
    """A picture and its spikes, of which an encoding is measured.

    Attributes:
        picture: the picture, or its path: (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view, or of another one with an alignment.
        exposure: frames (start, stop) during which the picture was exposed; by default what the
            recording says, else the alignment; else they are estimated.
        name: of the picture in messages; by default its path.
    """

    picture: npt.ArrayLike | PathLike
    stream: SpikeStream
    exposure: Span | None = None
    name: str | None = None


def calibrate_encoding(
    picture: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    *,
    exposure: Span | None = None,
    alignment: Alignment | None = None,
    check_match: bool = True,
    name: str | None = None,
) -> EncodingMeasurement:
    """Measure the encoding of a camera's pictures from one of them and its spikes.

    Args:
        picture, stream, exposure, name: see `CalibrationPair`.
        alignment: of the picture's camera beside the spikes.
        check_match: refuse a picture and spikes that do not show the same scene.

    Returns:
        A measurement that is certain, see `EncodingMeasurement.is_certain`.

    Raises:
        SpikecamError: see `calibrate_encoding_of_pairs`.
    """
    pair = CalibrationPair(picture, stream, exposure, name)
    return calibrate_encoding_of_pairs([pair], alignment=alignment, check_match=check_match)


def calibrate_encoding_of_pairs(
    pairs: Sequence[CalibrationPair],
    *,
    alignment: Alignment | None = None,
    check_match: bool = True,
) -> EncodingMeasurement:
    """Measure the encoding that all pictures of a camera share, from several and their spikes.

    Each picture may have an exposure time of its own, as long as the tone curve is the same.

    Args:
        pairs: pictures and their spikes, of the same rig.
        alignment: of the pictures' camera beside the spikes.
        check_match: refuse a picture and spikes that do not show the same scene.

    Returns:
        A measurement that is certain, see `EncodingMeasurement.is_certain`.

    Raises:
        FileError: a picture that cannot be read.
        GeometryError: picture and spikes do not cover the same view, or are not of one scene.
        OptionError: no pairs, a picture of linear light, or pairs from which the encoding is not
            certain.
        RangeError: the exposure leaves the recording.
    """
    if not pairs:
        raise OptionError("give a picture and its spikes, or several")
    names = [pair.name or picture_name(pair.picture) for pair in pairs]
    measurement = measure_encoding_of_pairs(
        [
            _picture_with_rate(replace(pair, name=name), alignment, check_match)
            for pair, name in zip(pairs, names, strict=True)
        ]
    )
    all_names = " and ".join(dict.fromkeys(names))
    if measurement is None:
        raise OptionError(f"too little of {all_names} can be compared with the spikes; {_SCENE}")
    if not measurement.is_certain:
        low, high = measurement.gamma_range
        raise OptionError(
            f"the encoding of {all_names} is uncertain: gammas from {low:g} to {high:g} fit, and "
            f"{measurement.explained:.0%} of the firing rates are explained; {_SCENE}"
        )
    return measurement


def _picture_with_rate(
    pair: CalibrationPair, alignment: Alignment | None, check_match: bool
) -> PictureWithRate:
    """The picture on the view of the spikes, and the firing rate in its exposure."""
    name = pair.name or picture_name(pair.picture)
    values, exposure, covered = read_blurry_values(pair.picture), pair.exposure, None
    if float(values.max()) > 1 or is_exr(name):
        raise OptionError(
            f"{name} is linear light already; measure the encoding with a picture as the camera "
            "stores it"
        )
    if alignment is not None:
        alignment.check_spikes(pair.stream)
        values, covered = alignment.rectify(values), alignment.inside_mask()
        exposure = exposure or pair.stream.exposure or alignment.exposure
    settings = PairSettings(check_match=check_match)
    match = match_pair(values, pair.stream, exposure, settings, name=name, covered=covered)
    rate = exposure_rate(pair.stream, match.exposure)
    return PictureWithRate(np.minimum(match.picture.values, 1), rate, covered)
