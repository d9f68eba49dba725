"""Values that are one word on the command line: sizes, spans of frames, bounds, lists."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from spikecam.errors import OptionError, RangeError

if TYPE_CHECKING:
    from spikecam.fixed_pattern import FixedPattern


def parse_size(text: str, flag: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as (height, width)."""
    parts = text.lower().split("x")
    form = "WIDTHxHEIGHT, such as 400x250,"
    width, height = _whole_numbers(parts if len(parts) == 2 else [], flag, text, form)
    return height, width


def parse_numbers(text: str, flag: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        return tuple(_finite(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"{flag} {text}: expected numbers such as 1,2,4") from None


def parse_bounds(text: str, flag: str) -> tuple[float, float]:
    """LOW:HIGH as two numbers."""
    try:
        low, high = (_finite(part) for part in text.split(":"))
    except ValueError:
        raise OptionError(f"{flag} {text}: expected LOW:HIGH, such as 1:99") from None
    return low, high


def parse_whole_bounds(text: str, flag: str) -> tuple[int, int]:
    """LOW:HIGH as two whole numbers."""
    parts = text.split(":")
    low, high = _whole_numbers(parts if len(parts) == 2 else [], flag, text, "LOW:HIGH")
    return low, high


def parse_span(text: str, flag: str, length: int | None) -> tuple[int, int]:
    """START:STOP as frames (start, stop); either may be left out, the stop if there is a length."""
    form = "START:STOP, such as 20:117,"
    frames = _parse_range(text, flag, length, form, most_parts=2)
    return frames.start, frames.stop


def parse_frames(text: str, flag: str, length: int) -> range:
    """START:STOP[:STEP] as a range; start and stop may be left out."""
    return _parse_range(text, flag, length, "START:STOP[:STEP]", most_parts=3)


def parse_count(text: str, flag: str) -> int:
    """A number of frames."""
    return _whole_numbers([text], flag, text, "a number, or START:STOP[:STEP],")[0]


def read_fixed_pattern(text: str, flag: str) -> FixedPattern:
    """The fixed pattern in a file."""
    from spikecam.fixed_pattern import FixedPattern

    return FixedPattern.load(text)


def one_word(
    parse: Callable[[str, str], Any], metavar: str, *, flag: str | None = None
) -> Parameter:
    """A parameter of one word, which ``parse(text, flag)`` makes a value of."""

    def convert(hint: Any, tokens: Sequence[Token]) -> Any:
        token = tokens[0]
        return parse(token.value, flag_of(token) or flag or metavar)

    return Parameter(converter=convert, n_tokens=1, metavar=metavar)


def flag_of(token: Token) -> str | None:
    """The flag that a word belongs to, as it was typed; of a configuration file, its key."""
    keyword = token.keyword
    if keyword is None or not keyword.startswith("["):
        return keyword
    return f"{token.source}: {keyword.strip('[]').replace('][', '.')} ="


def typed_text(name: str, value: Any) -> Any:
    """A value as it is typed on the command line; numbers and truth values as they are."""
    if isinstance(value, (list, tuple)):
        if name == "size" and len(value) == 2:
            return f"{value[1]}x{value[0]}"
        if not all(isinstance(one, (int, float)) for one in value):
            return [str(one) for one in value]
        return (":" if len(value) == 2 else ",").join(f"{one:g}" for one in value)
    return value if isinstance(value, (bool, int, float)) else str(value)


Size = Annotated[tuple[int, int], one_word(parse_size, "WIDTHxHEIGHT")]
Bounds = Annotated[tuple[float, float], one_word(parse_bounds, "LOW:HIGH")]
Numbers = Annotated[tuple[float, ...], one_word(parse_numbers, "N,N,...")]


def _parse_range(text: str, flag: str, length: int | None, form: str, most_parts: int) -> range:
    defaults = ("0", "" if length is None else str(length), "1")
    parts = [part or default for part, default in zip_longest(text.split(":"), defaults)]
    if not 1 <= text.count(":") < most_parts:
        parts = []
    numbers = _whole_numbers(parts, flag, text, form)
    if numbers[2] == 0:
        raise OptionError(f"{flag} {text}: the step is at least 1")
    frames = range(*numbers)
    if not frames:
        raise OptionError(f"{flag} {text}: no frames; give a start below its stop")
    if length is not None and frames.stop > length:
        raise RangeError(f"{flag} {text} leaves the recording, whose frames are 0:{length}")
    return frames


def _whole_numbers(parts: Sequence[str], flag: str, text: str, form: str) -> list[int]:
    if not parts or not all(re.fullmatch("[0-9]{1,15}", part) for part in parts):
        raise OptionError(f"{flag} {text}: expected {form} in whole numbers from 0")
    return [int(part) for part in parts]


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
