"""Calibration of a camera's encoding from one picture and its spikes, to be used for others."""

from __future__ import annotations

import numpy.typing as npt

from spikecam.deblurring.encoding_measurement import EncodingMeasurement
from spikecam.deblurring.pair import PairSettings, match_pair, picture_name, read_blurry_values
from spikecam.errors import OptionError
from spikecam.io.exr import is_exr
from spikecam.io.paths import PathLike
from spikecam.registration.alignment import Alignment
from spikecam.stream import Span, SpikeStream

_SCENE = (
    "record a scene of many brightnesses from black to white, held still, with little that is "
    "clipped to white"
)


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
        picture: the picture, or its path: (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view, or of another one with ``alignment``.
        exposure: frames (start, stop) during which the picture was exposed; by default what the
            recording says, else the alignment; else they are estimated.
        alignment: of the picture's camera beside the spikes.
        check_match: refuse a picture and spikes that do not show the same scene.
        name: of the picture in messages; by default its path.

    Returns:
        A measurement that is certain, see `EncodingMeasurement.is_certain`.

    Raises:
        FileError: a picture that cannot be read.
        GeometryError: picture and spikes do not cover the same view, or are not of one scene.
        OptionError: a picture of linear light, or one from which the encoding is not certain.
        RangeError: the exposure leaves the recording.
    """
    name = name or picture_name(picture)
    values = read_blurry_values(picture)
    if float(values.max()) > 1 or is_exr(name):
        raise OptionError(
            f"{name} is linear light already; measure the encoding with a picture as the camera "
            "stores it"
        )
    covered = None
    if alignment is not None:
        alignment.check_spikes(stream)
        values, covered = alignment.rectify(values), alignment.inside_mask()
        exposure = exposure or stream.exposure or alignment.exposure
    settings = PairSettings(check_match=check_match)
    pair = match_pair(values, stream, exposure, settings, name=name, covered=covered)
    measurement = pair.measurement
    if measurement is None:
        raise OptionError(f"too little of {name} can be compared with the spikes; {_SCENE}")
    if not measurement.is_certain:
        low, high = measurement.gamma_range
        raise OptionError(
            f"the encoding of {name} is uncertain: gammas from {low:g} to {high:g} fit, and "
            f"{measurement.explained:.0%} of the firing rates are explained; {_SCENE}"
        )
    return measurement
