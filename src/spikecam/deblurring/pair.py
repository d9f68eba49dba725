"""A blurry picture and its recording: the encoding of the picture, and whether they match."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import CLIPPED, BlurryPicture
from spikecam.deblurring.encoding_measurement import EncodingMeasurement, measure_encoding
from spikecam.deblurring.exposure_estimate import estimate_exposure
from spikecam.deblurring.pair_check import MATCH, MIN_PIXELS, MISMATCH, PairCheck, check_pair
from spikecam.deblurring.picture_shift import MIN_SHIFT, estimate_shift, move_to_spikes
from spikecam.deblurring.rolling_shutter import estimate_readout, exposure_rate
from spikecam.encoding import AUTO, LINEAR, SRGB, Encoding, parse_encoding
from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.exr import is_exr
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.picture import Mask, Picture, as_floats
from spikecam.stream import Span, SpikeStream
from spikecam.user_warnings import warn_user

# Share of clipped pixels from which nothing can be deblurred.
_MAX_CLIPPED = 0.98
# Whole numbers from here on are levels rather than light.
_LEVELS = 32
# Gain in agreement by which a move of the picture is right, whatever else is wrong.
_CLEAR_GAIN = 0.3
_TURN_CHECK_OFF = "turn this check off (--no-check-match, in Python check_match=False)"
# Distance of a named encoding's gamma from the measured range that is worth a warning.
_GAMMA_TOLERANCE = 0.25


@dataclass(frozen=True)
class MatchedPair:
    """A blurry picture that was compared with its recording.

    Attributes:
        picture: the picture with its encoding, moved to the spikes where it lay beside them.
        exposure: frames (start, stop) during which it was exposed.
        facts: sentences on what was decided.
        measurement: of the encoding; None where too little can be compared, or nothing was.
    """

    picture: BlurryPicture
    exposure: Span
    facts: tuple[str, ...]
    measurement: EncodingMeasurement | None = None


@dataclass(frozen=True)
class PairSettings:
    """What is known of a blurry picture beside spikes.

    Attributes:
        encoding: of the picture: "auto" measures it from the pair, else as `parse_encoding` takes.
        readout: frames of spikes from the exposure of the first row to that of the last, of a
            rolling shutter; "auto" estimates it.
        check_match: whether to estimate an exposure that nobody says, move a picture that lies
            beside the spikes, and refuse a pair that does not belong together.
    """

    encoding: str | PathLike | Encoding = AUTO
    readout: float | str = 0.0
    check_match: bool = True

    def __post_init__(self) -> None:
        is_number = isinstance(self.readout, (int, float, np.number))
        if self.readout != AUTO and not (is_number and math.isfinite(float(self.readout))):
            raise OptionError(f"a readout is a number of frames, or auto, not {self.readout!r}")


def match_pair(
    picture: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    exposure: Span | None = None,
    settings: PairSettings | None = None,
    *,
    name: str | None = None,
    fpn: FixedPattern | None = None,
    covered: Mask | None = None,
) -> MatchedPair:
    """Compare a blurry picture with its recording: encoding, exposure and place of the picture.

    Args:
        picture: the picture, or its path: (h, w) or (h, w, 3) in [0, 1], or above where it is
            linear light.
        stream: spikes of the same view.
        exposure: frames (start, stop) during which the picture was exposed. By default what the
            recording says; else they are estimated, or all frames.
        settings: what is known of the picture; by default all is estimated.
        name: of the picture in messages; by default its path.
        fpn: fixed pattern of the spike camera.
        covered: pixels of the spikes that the picture covers, (H, W); by default all.

    Raises:
        FileError: a picture or encoding that cannot be read.
        GeometryError: picture and spikes do not cover the same view, or are not of one scene.
        OptionError: values above 1 in a picture that is not linear, or one that is white nearly
            everywhere.
        RangeError: the exposure leaves the recording, or there are no frames.
    """
    if not len(stream):
        raise RangeError("the recording has no frames")
    settings = settings or PairSettings()
    name = name or picture_name(picture)
    values = read_blurry_values(picture)
    check_aspect_ratio(values, stream, name)
    stated_exposure = stream.exposure if exposure is None else stream.check_exposure(exposure)
    if covered is not None and covered.all():
        covered = None
    first_exposure = stated_exposure or (0, len(stream))
    matching = _Matching(values, stream, first_exposure, settings, name, fpn, covered)
    is_comparable = stream.height * stream.width >= MIN_PIXELS
    if settings.check_match:
        matching.refuse_clipped()
    estimates_exposure = settings.check_match and is_comparable and stated_exposure is None
    if estimates_exposure:
        matching.find_exposure()
    if settings.readout == AUTO and is_comparable:
        matching.find_readout(is_exposure_estimated=estimates_exposure)
    if settings.check_match and is_comparable:
        if covered is None and matching.move_to_spikes() and stated_exposure is None:
            matching.find_exposure()
        matching.require_match()
    facts = list(matching.facts)
    if exposure is None:
        start, stop = matching.exposure
        origin = "" if matching.exposure == first_exposure else ", estimated"
        facts.insert(0, f"exposure {start}:{stop} of {len(stream)} frames{origin}")
    return MatchedPair(
        matching.picture,
        matching.exposure,
        (*facts, matching.encoding_fact()),
        matching.measurement,
    )


class _Matching:
    """Comparison of a picture with a recording, step by step.

    Args:
        values: stored values of the picture.
        stream: the recording.
        exposure: frames (start, stop) to begin with.
        settings: what is known.
        name: of the picture in messages.
        fpn: fixed pattern of the spike camera.
        covered: pixels of the spikes that the picture covers; None for all.
    """

    def __init__(
        self,
        values: Picture,
        stream: SpikeStream,
        exposure: Span,
        settings: PairSettings,
        name: str,
        fpn: FixedPattern | None,
        covered: Mask | None,
    ) -> None:
        self.stream, self.exposure, self.name = stream, exposure, name
        self.fpn, self.covered = fpn, covered
        self.named_encoding = _named_encoding(values, settings.encoding, name)
        readout = 0.0 if isinstance(settings.readout, str) else float(settings.readout)
        self.picture = BlurryPicture(values, self.named_encoding or SRGB, readout)
        self.facts: list[str] = []
        self.measurement: EncodingMeasurement | None = None
        if self.named_encoding is None or settings.check_match:
            self._update()

    def refuse_clipped(self) -> None:
        """Refuse a picture that is white nearly everywhere."""
        values = self.picture.values
        brightest = values.max(axis=2) if values.ndim == 3 else values
        clipped = float((brightest >= CLIPPED).mean())
        if clipped > _MAX_CLIPPED and float(values.max()) <= 1:
            raise OptionError(
                f"{self.name} is clipped to white in {clipped:.0%} of its area, "
                "and nothing can be brought back there; expose it for less time"
            )

    def find_readout(self, *, is_exposure_estimated: bool) -> None:
        """Estimate the read-out time of a rolling shutter.

        An estimated exposure is that of the middle row, until this is known.
        """
        middle = (self.stream.height - 1) / 2 if is_exposure_estimated else 0.0
        readout = estimate_readout(self.picture, self.stream, self.exposure, first_row=middle)
        if readout:
            self.picture = replace(self.picture, readout=readout)
            if is_exposure_estimated:
                self.exposure = self._exposure_of_first_row(self.exposure)
            self.facts.append(f"rolling shutter: the last row {readout:.0f} frames after the first")
            self._update()

    def find_exposure(self) -> None:
        """Estimate the exposure."""
        span = estimate_exposure(self.picture, self.stream)
        self.exposure = self._exposure_of_first_row(span)
        self._update()

    def move_to_spikes(self) -> bool:
        """Move the picture to the place of the spikes; whether it had to be moved."""
        shift = estimate_shift(self.picture, self.rate)
        if math.hypot(*shift) < MIN_SHIFT:
            return False
        picture_on_spikes = move_to_spikes(self.picture, shift, self.stream.width)
        before, after = (self._check(picture) for picture in (self.picture, picture_on_spikes))
        # Of a wrong exposure, motion looks like a shift.
        threshold = min(max(MATCH, before.agreement), max(MISMATCH, before.agreement + _CLEAR_GAIN))
        if after.agreement < threshold:
            return False
        self.picture = picture_on_spikes
        scale = self.picture.shape[1] / self.stream.width
        x, y = (-scale * length for length in shift)
        self.facts.append(
            f"the picture was moved by {x:+.1f}, {y:+.1f} pixels to lie on the spikes"
        )
        self._update()
        return True

    def require_match(self) -> None:
        """Refuse a pair that does not belong together, and warn of one that may not.

        Raises:
            GeometryError: it does not.
        """
        if self.named_encoding is not None:
            self._warn_of_other_encoding(self.named_encoding)
        check = self._check(self.picture)
        if check.agreement >= MATCH:
            return
        if not self.picture.values.any():
            raise OptionError(f"{self.name} is black everywhere; expose it for longer")
        start, stop = self.exposure
        frames = f"{self.name} and the spikes of frames {start}:{stop}"
        if check.agreement < MISMATCH and check.orientation is not None:
            raise GeometryError(
                f"the recording agrees with {self.name} when it is {check.orientation}; turn it "
                "(--flip or --rotate, in Python SpikeStream.flip or rotate), or "
                f"{_TURN_CHECK_OFF}"
            )
        advice = self._other_exposure(check) or "check the files, the exposure and the alignment"
        if check.agreement >= MISMATCH:
            warn_user(f"{frames} agree by {check.agreement:.0%} only; {advice}", stacklevel=4)
            return
        raise GeometryError(
            f"{frames} do not show the same scene (agreement {max(check.agreement, 0):.0%}); "
            f"{advice}, or {_TURN_CHECK_OFF}"
        )

    def encoding_fact(self) -> str:
        """Sentence on the encoding."""
        encoding, measurement = self.picture.encoding, self.measurement
        if self.named_encoding is not None:
            return f"encoding {encoding}"
        if measurement is None:
            return f"encoding {encoding}: too little of {self.name} can be compared with the spikes"
        if measurement.is_certain:
            return f"encoding {measurement.summary()}, measured from the pair"
        low, high = measurement.gamma_range
        return f"encoding {encoding}: the pair allows gammas from {low:g} to {high:g}"

    def _update(self) -> None:
        """Measure again, after exposure, place or read-out time changed."""
        self.rate = exposure_rate(
            self.stream, self.exposure, readout=self.picture.readout, fpn=self.fpn
        )
        self.measurement = measure_encoding(
            np.minimum(self.picture.values, 1), self.rate, covered=self.covered
        )
        if self.named_encoding is None:
            encoding = SRGB if self.measurement is None else self.measurement.encoding
            self.picture = replace(self.picture, encoding=encoding)

    def _exposure_of_first_row(self, span: Span) -> Span:
        """Exposure of the first row of a rolling shutter, where ``span`` is that of the middle."""
        delay = round(self.picture.readout / 2)
        start, stop = max(0, span[0] - delay), min(len(self.stream), span[1] - delay)
        return (start, stop) if start < stop and span != (0, len(self.stream)) else span

    def _check(self, picture: BlurryPicture) -> PairCheck:
        length = self.exposure[1] - self.exposure[0]
        check = check_pair(picture, self.rate, length, covered=self.covered)
        # Too little to judge by is no reason to refuse.
        return check or PairCheck(1.0, 1.0)

    def _other_exposure(self, check: PairCheck) -> str | None:
        """Advice to give another exposure, where one fits better."""
        start, stop = self._exposure_of_first_row(estimate_exposure(self.picture, self.stream))
        rate = exposure_rate(self.stream, (start, stop), readout=self.picture.readout, fpn=self.fpn)
        other = check_pair(self.picture, rate, stop - start, covered=self.covered)
        if other is None or other.correlation < MISMATCH:
            return None
        if other.agreement < max(MATCH, check.agreement + 0.05):
            return None
        return f"frames {start}:{stop} agree by {other.agreement:.0%}: give that exposure"

    def _warn_of_other_encoding(self, encoding: Encoding) -> None:
        if self.measurement is None or not self.measurement.is_certain:
            return
        low, high = self.measurement.gamma_range
        # The exponent that fits a curve in its middle.
        gamma = float(np.log(encoding.decode(0.5)) / np.log(0.5))
        if not low - _GAMMA_TOLERANCE <= gamma <= high + _GAMMA_TOLERANCE:
            warn_user(
                f"{self.name} is read as {encoding}, but the pair shows "
                f"{self.measurement.summary()}; leave the encoding out to have it measured",
                stacklevel=4,
            )


def _named_encoding(
    values: Picture, encoding: str | PathLike | Encoding, name: str
) -> Encoding | None:
    """The encoding that is named; linear for values above 1; None to measure it."""
    curve = None if encoding == AUTO else parse_encoding(encoding)
    if float(values.max()) <= 1:
        # OpenEXR files are linear light also where nothing in them is above white.
        return LINEAR if curve is None and is_exr(name) else curve
    if curve is not None and not curve.is_linear:
        raise OptionError(
            f"{name} has values up to {values.max():.4g}, which only linear light has, and its "
            f"encoding is {curve}; scale it to [0, 1], or choose linear"
        )
    return LINEAR


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
    if high >= _LEVELS and np.array_equal(array, np.rint(array)):
        raise OptionError(
            f"a blurry picture holds whole numbers up to {high:g}, which look like 8-bit or 16-bit "
            "levels; divide them by their highest level"
        )
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
