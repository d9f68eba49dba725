"""Fixed-pattern noise: how pixels differ in response to the same light, and its correction.

The law of a sensor says how long a pixel takes from spike to spike, in frames:

    n = d + K / (f_t (L + f_o))

in light of illuminance L, where f_t is the pixel's gain, f_o its offset, the illuminance that it
seems to see in the dark, and K is the same for all pixels. The dead frames d are 1 where a pixel
collects no light in the frame of its reset, as in the published measurements, and 0 where it
collects light in every frame. Of light that brings a = f_t (L + f_o) / K thresholds a frame, the
firing rate I = 1/n is a / (1 + a) with a dead frame, and a without one, at most 1.

A pixel's deviation is D = 1/I - d: the frames in which it collects a threshold. What the reference
pixel (f_t = 1, f_o = 0) records with deviation D, another one records as

    D' = D / (f_t + s D),    s = f_o / (D_light (L_3 + f_o))

with D_light its deviation in a bright uniform field of illuminance L_3 (supplement of "Seeing
Through Blur", Eq. 9-12, with d = 1; its simulators use the same). Correction is the inverse. A
spike that ends an interval of n frames says I = 1/n, and so weighs

    gamma(n) = n I_corrected(1/n)

in the membrane (Eq. 14, V += gamma S). For light far below one spike a frame this is the gamma of
Eq. 12 with the clean deviation D for its I, which is what makes it the inverse of the model above;
written with rates it holds for any light, and with d = 1 it never makes one above 1.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import check_existing_file
from spikecam.orientation import Orientation

Map = npt.NDArray[np.float32]

DEAD, STUCK = 1, 2

# Illuminance of the bright field in the published measurements, in lux.
_DEFAULT_LUX = 335.0
# A pixel whose gain or offset differs from the median by more than these factors is bad.
_MAX_GAIN_RATIO, _MAX_OFFSET_RATIO = 3.0, 10.0


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """Fixed pattern of one camera: its maps, the distortion that they cause, and the correction.

    Attributes:
        offset: f_o, the illuminance that stands for a pixel's dark current, in lux, (H, W); the
            file's ``Nd``.
        gain: f_t, how much faster than the reference a pixel fires, (H, W); ``Nl``.
        deviation: D_light, frames between spikes in the bright field beyond the dead one, (H, W).
        lux: illuminance L_3 of the bright field.
        bad: 0 for a good pixel, 1 (DEAD) for one that hardly sees light, 2 (STUCK) for one that
            fires regardless, uint8 (H, W); `FixedPattern.from_maps` finds them in the maps.
        dead_frame: the camera's law: whether a pixel collects no light in the frame of its reset
            (d = 1). Published maps assume it.

    Raises:
        OptionError: maps of different sizes, or values that no pixel has.
    """

    offset: Map
    gain: Map
    deviation: Map
    lux: float
    bad: npt.NDArray[np.uint8]
    dead_frame: bool = True

    def __post_init__(self) -> None:
        if self.offset.ndim != 2 or len({m.shape for m in self._maps}) > 1:
            shapes = " and ".join(str(m.shape) for m in self._maps)
            raise OptionError(f"maps of a fixed pattern are of one size, not {shapes}")
        if not 0 < self.lux < float("inf"):
            raise OptionError(f"the bright field has an illuminance above 0 lux, not {self.lux}")
        if not all(np.isfinite(m).all() and m.min() >= 0 for m in self._maps):
            raise OptionError("maps of a fixed pattern are finite and not below 0")
        if self.bad.shape != self.offset.shape:
            raise OptionError("the map of bad pixels has another size than the fixed pattern")
        good = self.bad == 0
        responds = (self.gain > 0) & (self.deviation > 0)
        if not good.any() or not responds[good].all():
            raise OptionError(
                "a fixed pattern has good pixels, and their gains (Nl) and D_light are above 0"
            )

    def __repr__(self) -> str:
        return f"FixedPattern({self.summary()})"

    @property
    def _maps(self) -> tuple[Map, Map, Map]:
        return self.offset, self.gain, self.deviation

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.offset.shape
        return height, width

    @cached_property
    def slope(self) -> Map:
        """Slope of the correction, (H, W).

        It is f_o / (D_light (L_3 + f_o)), the thresholds a frame collected in the dark.
        """
        per_lux = self.deviation * np.float32(self.lux) + self.deviation * self.offset
        slope: npt.NDArray[Any] = self.offset / np.maximum(per_lux, 1e-9)
        return slope.astype(np.float32)

    def distort(self, rates: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Distort clean firing rates in [0, 1] as this camera does, float32 (..., H, W)."""
        if not self.dead_frame:
            linear: npt.NDArray[Any] = np.minimum(self.gain * rates + self.slope, 1)
            return linear.astype(np.float32)
        missing = 1 - np.minimum(rates, 1)
        light = self.gain * rates + self.slope * missing
        recorded: npt.NDArray[Any] = light / np.maximum(light + missing, 1e-9)
        return recorded.astype(np.float32)

    def correct(self, rates: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Correct recorded firing rates in [0, 1] and fill bad pixels, float32 (..., H, W).

        This is the correction after accumulation. `spikecam.reconstruct` with ``fpn`` corrects
        spike by spike where the method adds spikes up (TFP).
        """
        intervals = 1 / np.maximum(rates, np.float32(1e-9))
        corrected = self.interval_weight(intervals) * rates
        return self.fill_bad_pixels(corrected if self.dead_frame else np.minimum(corrected, 1))

    def interval_weight(self, intervals: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Weight of spikes by their intervals in frames, which corrects the fixed pattern.

        It is gamma in the formulas above.
        """
        dead_frames = int(self.dead_frame)
        extra_frames = intervals - dead_frames
        light = np.maximum(1 - extra_frames * self.slope, 0)
        weight: npt.NDArray[Any] = (
            intervals * light / np.maximum(dead_frames * light + extra_frames * self.gain, 1e-9)
        )
        return weight.astype(np.float32)

    def fill_bad_pixels(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Fill bad pixels with the median of the nearest good ones, in place (..., H, W)."""
        rows, columns, sources = self._bad_pixels_and_neighbours
        if len(rows):
            flat = pictures.reshape(*pictures.shape[:-2], -1)
            pictures[..., rows, columns] = np.median(flat[..., sources], axis=-1)
        return pictures

    @cached_property
    def _bad_pixels_and_neighbours(
        self,
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of bad pixels, and flat indices (n, 8) of good neighbours of each."""
        rows, columns = np.nonzero(self.bad)
        height, width = self.shape
        sources = np.zeros((len(rows), 8), np.intp)
        for i, (row, column) in enumerate(zip(rows, columns, strict=True)):
            radius = 1
            while True:
                top, left = max(int(row) - radius, 0), max(int(column) - radius, 0)
                y, x = np.nonzero(self.bad[top : row + radius + 1, left : column + radius + 1] == 0)
                if len(y) >= 3 or radius > max(height, width):
                    break
                radius *= 2
            order = np.argsort((y + top - row) ** 2 + (x + left - column) ** 2, kind="stable")
            nearest = ((y + top) * width + x + left)[order][:8]
            sources[i] = np.resize(nearest, 8) if len(nearest) else row * width + column
        return rows, columns, sources

    def orient(self, orientation: Orientation) -> FixedPattern:
        """The fixed pattern of frames that were flipped, rotated and cropped in the same way.

        Methods call this for a `SpikeStream` that was; their ``fpn`` is of the sensor's own pixels.

        Raises:
            RangeError: the crop leaves the maps.
            OptionError: the crop keeps bad pixels alone.
        """
        orientation.oriented_shape(self.shape, "the fixed pattern")
        offset, gain, deviation = (np.ascontiguousarray(orientation.apply(m)) for m in self._maps)
        bad = np.ascontiguousarray(orientation.apply(self.bad))
        return replace(self, offset=offset, gain=gain, deviation=deviation, bad=bad)

    def check_shape(self, shape: tuple[int, ...], name: str = "the recording") -> None:
        """Refuse a shape other than that of the maps.

        Raises:
            GeometryError: it has one.
        """
        if tuple(shape) != self.shape:
            raise GeometryError(
                f"the fixed pattern is of {self.shape[1]}x{self.shape[0]} pixels and {name} of "
                f"{shape[1]}x{shape[0]}; calibrate the camera that recorded it"
            )

    def digest(self) -> str:
        """SHA-256 digest of the maps, which identifies the camera."""
        content = hashlib.sha256(np.float64(self.lux).tobytes())
        if not self.dead_frame:
            content.update(b"no dead frame")
        for map_ in (*self._maps, self.bad):
            content.update(np.ascontiguousarray(map_).tobytes())
        return content.hexdigest()

    def summary(self) -> str:
        """One-line summary of the maps."""
        good = self.bad == 0
        gain, offset = self.gain[good], self.offset[good]
        offsets = f", offsets about {np.median(offset):.1f} lux" if offset.any() else ""
        law = "with" if self.dead_frame else "without"
        dead, stuck = (np.count_nonzero(self.bad == kind) for kind in (DEAD, STUCK))
        return (
            f"{self.shape[1]}x{self.shape[0]} pixels, gains within {gain.std() / gain.mean():.1%}"
            f"{offsets}; {dead} dead, {stuck} stuck; law {law} a dead frame"
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the maps to an ``.npz`` file.

        They are called as in the field: Nd, Nl, D_light; lux, bad and dead_frame are added.
        """
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file,
                Nd=self.offset,
                Nl=self.gain,
                D_light=self.deviation,
                lux=np.float64(self.lux),
                bad=self.bad,
                dead_frame=np.bool_(self.dead_frame),
            )

    @staticmethod
    def load(path: str | os.PathLike[str]) -> FixedPattern:
        """Read a fixed pattern from an ``.npz`` file.

        It has the maps Nd, Nl and D_light, from `save` or from others. A file that does not say
        whether the camera has a dead frame is taken for a published one, which has.

        Raises:
            FileError: another file.
        """
        path = check_existing_file(path)
        try:
            with np.load(path, allow_pickle=False) as archive:
                offset, gain, deviation = (
                    archive[key].astype(np.float32) for key in ("Nd", "Nl", "D_light")
                )
                lux = float(archive["lux"]) if "lux" in archive else _DEFAULT_LUX
                dead_frame = bool(archive["dead_frame"]) if "dead_frame" in archive else True
                if "bad" in archive:
                    bad = archive["bad"].astype(np.uint8)
                    return FixedPattern(offset, gain, deviation, lux, bad, dead_frame)
            return FixedPattern.from_maps(offset, gain, deviation, lux, dead_frame=dead_frame)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, OptionError) as error:
            reason = error if zipfile.is_zipfile(path) else "it is no .npz"
            raise FileError(
                f"{path} is no fixed pattern ({reason}); expected an .npz with maps Nd, Nl and "
                "D_light, as spikecam calibrate fpn writes it"
            ) from error

    @staticmethod
    def from_maps(
        offset: Map,
        gain: Map,
        deviation: Map,
        lux: float = _DEFAULT_LUX,
        *,
        dead_frame: bool = True,
    ) -> FixedPattern:
        """Build a fixed pattern from its maps, and find bad pixels in them.

        Dead are pixels of less than a third of the usual gain; stuck those of more than three
        times the usual gain, or of ten times the usual offset.

        Raises:
            OptionError: maps of different sizes, or values that no pixel has.
        """
        # Pixels without any response are dead, whatever the median.
        dead = np.zeros(np.shape(gain), np.uint8)
        if np.shape(deviation) == dead.shape:
            dead[(np.asarray(gain) <= 0) | (np.asarray(deviation) <= 0)] = DEAD
        maps = FixedPattern(offset, gain, deviation, lux, dead, dead_frame)
        median_gain = np.median(gain)
        stuck = gain > median_gain * _MAX_GAIN_RATIO
        if np.median(offset) > 0:
            stuck |= offset > np.median(offset) * _MAX_OFFSET_RATIO
        dark = (gain < median_gain / _MAX_GAIN_RATIO) | (dead == DEAD)
        bad = np.where(dark, DEAD, np.where(stuck, STUCK, 0))
        return replace(maps, bad=bad.astype(np.uint8))

    @staticmethod
    def random(shape: tuple[int, int], seed: int) -> FixedPattern:
        """Draw a random fixed pattern with the statistics of a measured one (Gen2, 400x250).

        There, the middle half of the offsets lies between 5.7 and 10.1 lux, gains scatter by 6 %,
        light falls off by a tenth to the sides, and one pixel in two thousand is bad.
        """
        rng = np.random.default_rng((seed, 4))
        offset = 7.66 * np.exp(0.424 * rng.standard_normal(shape))
        bad = rng.random(shape)
        offset[bad < 0.0002] = rng.uniform(120, 380, np.count_nonzero(bad < 0.0002))
        horizontal = np.linspace(-1, 1, shape[1])[None]
        per_lux = 1690 * (1 + 0.1 * horizontal**2) * np.exp(0.05 * rng.standard_normal(shape))
        per_lux[bad > 0.9997] *= 20
        return FixedPattern.from_maps(
            offset.astype(np.float32),
            (1095 / per_lux).astype(np.float32),
            (per_lux / (_DEFAULT_LUX + offset)).astype(np.float32),
        )
