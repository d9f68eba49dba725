"""Encoding of a picture: the curve between its stored values and linear light.

A sensor adds up light; a photograph stores light after a tone curve. An encoding is that curve:

    light = decode(value),    value = encode(light),    both 0 in the dark and 1 at white

Above white the curve goes on as the power law that it ends with, so that light beyond white has a
value too. Between the knots of a curve values are interpolated linearly.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.errors import FileError, OptionError
from spikecam.gray import GRAY_WEIGHTS, check_quarter, quarter_gray
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import check_existing_file
from spikecam.picture import Picture
from spikecam.rows import run_over_rows
from spikecam.srgb import srgb_to_linear

Curve = npt.NDArray[np.float64]

# Notation of an encoding that is measured from a pair.
AUTO = "auto"

# Entries of the tables: linear interpolation is exact to less than 1e-6.
_TABLE_SIZE = 4096
# Gammas of real cameras; others are typing mistakes.
_MIN_GAMMA, _MAX_GAMMA = 0.2, 5.0
_FILE_FORMAT = "spikecam encoding"


@dataclass(frozen=True, eq=False)
class Encoding:
    """Curve between stored values of a picture and linear light.

    Attributes:
        name: "linear", "srgb", "gamma:2.2", or a file's name.
        light: light of values spaced evenly from 0 to 1, (n,), from 0 to 1, rising.
        colour_weights: weights of red, green and blue light in the light that the spike camera
            sees, with a sum of 1.

    Raises:
        OptionError: a curve that does not rise from 0 to 1, or weights that cannot be.
    """

    name: str
    light: Curve = field(repr=False)
    colour_weights: tuple[float, float, float] = GRAY_WEIGHTS

    def __post_init__(self) -> None:
        light = self.light
        if light.ndim != 1 or len(light) < 2 or not np.isfinite(light).all():
            raise OptionError(f"the encoding {self.name} is a list of at least two numbers")
        if light[0] != 0 or light[-1] != 1 or (np.diff(light) <= 0).any():
            raise OptionError(
                f"the encoding {self.name} does not rise from 0 to 1; measure it again, or use srgb"
            )
        weights = self.colour_weights
        if len(weights) != 3 or not (min(weights) >= 0 and abs(sum(weights) - 1) <= 1e-3):
            raise OptionError(
                f"colour weights are three numbers from 0 with a sum of 1, not {weights}"
            )

    def __str__(self) -> str:
        return self.name

    @cached_property
    def is_linear(self) -> bool:
        """Whether stored values are light."""
        return bool(np.allclose(self.light, np.linspace(0, 1, len(self.light)), rtol=0, atol=1e-7))

    @cached_property
    def end_gamma(self) -> float:
        """Exponent of the power law at and above white, light = value ** end_gamma."""
        last = len(self.light) - 1
        first = max(0, last - max(1, last // 32))
        return float(np.log(self.light[first]) / np.log(first / last)) if first else 1.0

    def decode(self, values: npt.ArrayLike) -> Picture:
        """Linear light of stored values, float32 of the same shape."""
        values = np.asarray(values, np.float32)
        if self.is_linear:
            return values
        return _map_through_table(values, self._decode_table, 1.0, self.end_gamma)

    def encode(self, light: npt.ArrayLike) -> Picture:
        """Stored values of linear light, float32 of the same shape, the inverse of `decode`."""
        light = np.asarray(light, np.float32)
        if self.is_linear:
            return light
        return _map_through_table(light, self._encode_table, 0.25, 1 / self.end_gamma)

    @cached_property
    def light_of_levels(self) -> Picture:
        """Light of the 256 levels of an 8-bit picture, (256,)."""
        return self.decode(np.arange(256, dtype=np.float32) / np.float32(255))

    def gray_light(self, light: Picture) -> Picture:
        """Light that the spike camera sees of the light (..., 3) of colours."""
        return np.asarray(light @ np.array(self.colour_weights, np.float32))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Encoding) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @cached_property
    def _content(self) -> tuple[str, tuple[float, ...], bytes]:
        return self.name, tuple(self.colour_weights), self.light.tobytes()

    @cached_property
    def _decode_table(self) -> Picture:
        values = np.linspace(0, 1, _TABLE_SIZE + 1)
        knots = np.linspace(0, 1, len(self.light))
        return np.interp(values, knots, self.light).astype(np.float32)

    @cached_property
    def _encode_table(self) -> Picture:
        # Spaced evenly in the fourth root of light, where curves of cameras are smooth.
        light = np.linspace(0, 1, _TABLE_SIZE + 1) ** 4
        knots = np.linspace(0, 1, len(self.light))
        return np.interp(light, self.light, knots).astype(np.float32)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the encoding as JSON; `parse_encoding` reads it.

        Raises:
            OutputError: it cannot be written.
        """
        content = {
            "format": _FILE_FORMAT,
            "name": Path(path).stem,
            "light": [float(f"{value:.6g}") for value in self.light],
            "colour_weights": list(self.colour_weights),
        }
        with atomic_path(Path(path)) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def gamma_encoding(gamma: float, name: str | None = None) -> Encoding:
    """Encoding by a power law, light = value ** gamma.

    Raises:
        OptionError: a gamma that no camera has.
    """
    if not _MIN_GAMMA <= gamma <= _MAX_GAMMA:
        raise OptionError(f"a gamma is from {_MIN_GAMMA} to {_MAX_GAMMA}, not {gamma:g}")
    return Encoding(name or f"gamma:{gamma:g}", np.linspace(0, 1, _TABLE_SIZE + 1) ** gamma)


LINEAR = Encoding("linear", np.array([0.0, 1.0]))
SRGB = Encoding("srgb", srgb_to_linear(np.linspace(0, 1, _TABLE_SIZE + 1)))


def parse_encoding(text: str | os.PathLike[str] | Encoding) -> Encoding:
    """Find an encoding by its notation: "linear", "srgb", "gamma:2.2", or a file of a curve.

    Raises:
        FileError: a file that cannot be read, or holds no encoding.
        OptionError: another word, or a curve that does not rise.

    >>> round(float(parse_encoding("gamma:2").decode(0.5)), 4)
    0.25
    """
    if isinstance(text, Encoding):
        return text
    if not isinstance(text, (str, os.PathLike)):
        raise OptionError(f"an encoding is a name such as srgb, or a file, not {text!r}")
    word = os.fspath(text)
    if word.lower() == "linear":
        return LINEAR
    if word.lower() == "srgb":
        return SRGB
    if word.lower().startswith("gamma:"):
        try:
            gamma = float(word[6:])
        except ValueError:
            raise OptionError(f"an encoding gamma:NUMBER has a number, not {word[6:]!r}") from None
        return gamma_encoding(gamma)
    if not is_encoding_file(word):
        raise OptionError(
            f"no encoding {word!r}; linear, srgb, gamma:2.2, or a file CURVE.json of "
            "spikecam calibrate tone"
        )
    return _read_encoding(check_existing_file(word))


def is_encoding_file(notation: str) -> bool:
    """Whether the notation of an encoding is the path of a file of a curve."""
    return notation.lower().endswith(".json")


def gray_light(picture: npt.ArrayLike, encoding: Encoding) -> Picture:
    """Light of a picture that a spike camera of its size sees, float32 (H, W) in [0, 1]."""
    array = np.asarray(picture)
    light = encoding.light_of_levels[array] if array.dtype == np.uint8 else encoding.decode(array)
    return np.minimum(encoding.gray_light(light) if light.ndim == 3 else light, 1)


def quarter_gray_light(picture: npt.ArrayLike, encoding: Encoding) -> Picture:
    """Light of a picture on the grid of a spike camera, float32 (H/4, W/4).

    As `spikecam.gray.quarter_gray`, which it is for linear pictures: the mean of the middle 2 x 2
    of every 4 x 4 pixels, of decoded light.

    Raises:
        OptionError: as `quarter_gray`.
    """
    array = np.asarray(picture)
    if encoding.is_linear and encoding.colour_weights == GRAY_WEIGHTS:
        return quarter_gray(array)
    check_quarter(array)
    taps = [gray_light(array[y::4, x::4], encoding) for y in (1, 2) for x in (1, 2)]
    quarter: Picture = np.add.reduce(taps) / np.float32(4)
    return quarter


def _read_encoding(path: Path) -> Encoding:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FILE_FORMAT:
            raise ValueError("another format")
        red, green, blue = map(float, content["colour_weights"])
        light = np.array(content["light"], np.float64)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(
            f"{path} holds no encoding of a picture; make one with spikecam calibrate tone"
        ) from error
    try:
        return Encoding(path.name, light, (red, green, blue))
    except OptionError as error:
        raise FileError(f"{path}: {error}") from error


def _map_through_table(
    values: npt.NDArray[np.float32], table: Picture, root: float, end_exponent: float
) -> Picture:
    flat = np.ascontiguousarray(values).reshape(len(values) if values.ndim > 1 else 1, -1)
    mapped = np.empty_like(flat)
    run_over_rows(_look_up, len(flat), flat, table, root == 1.0, np.float32(end_exponent), mapped)
    return mapped.reshape(values.shape)


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up(values, table, is_even, end_exponent, mapped, first_row, last_row):  # type: ignore[no-untyped-def]
    last = len(table) - 1
    for row in range(first_row, last_row):
        for c in range(values.shape[1]):
            value = values[row, c]
            if value >= np.float32(1):
                mapped[row, c] = value**end_exponent
            elif value > np.float32(0):
                position = value if is_even else np.sqrt(np.sqrt(value))
                position *= np.float32(last)
                i = min(int(position), last - 1)
                fraction = position - np.float32(i)
                mapped[row, c] = table[i] + fraction * (table[i + 1] - table[i])
            else:
                mapped[row, c] = np.float32(0)
