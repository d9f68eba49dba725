"""Values that are one word on the command line: sizes, bounds, lists."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from spikecam.errors import OptionError
from spikecam.io.remote_address import RecordingPath, as_recording_path

if TYPE_CHECKING:
    from spikecam.fixed_pattern import FixedPattern


def parse_size(text: str, flag: str) -> tuple[int, int]:
    """Parse the text WIDTHxHEIGHT to (height, width)."""
    parts = text.lower().split("x")
    # What is too large for the memory is refused where frames are made.
    if len(parts) != 2 or not all(re.fullmatch("0*[1-9][0-9]{0,99}", part) for part in parts):
        raise OptionError(
            f"{flag} {text}: expected WIDTHxHEIGHT, such as 400x250, in whole numbers of at least 1"
        )
    width, height = map(int, parts)
    return height, width


def parse_numbers(text: str, flag: str) -> tuple[float, ...]:
    """Parse numbers with commas between them."""
    try:
        return tuple(_finite(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"{flag} {text}: expected numbers such as 1,2,4") from None


def parse_whole_numbers(text: str, flag: str) -> tuple[int, ...]:
    """Parse whole numbers with commas between them."""
    return tuple(_whole_numbers(text.split(","), flag, text, "N,N,..."))


def parse_bounds(text: str, flag: str) -> tuple[float, float]:
    """Parse the text LOW:HIGH to two numbers."""
    return _parse_pair(text, flag, "LOW:HIGH, such as 1:99")


def parse_levels(text: str, flag: str) -> tuple[float, float]:
    """Parse the text BLACK:WHITE to two gray levels."""
    return _parse_pair(text, flag, "BLACK:WHITE, such as 0.1:0.6")


def _parse_pair(text: str, flag: str, expected: str) -> tuple[float, float]:
    try:
        first, second = (_finite(part) for part in text.split(":"))
    except ValueError:
        raise OptionError(f"{flag} {text}: expected {expected}") from None
    return first, second


def parse_whole_bounds(text: str, flag: str) -> tuple[int, int]:
    """Parse the text LOW:HIGH to two whole numbers."""
    parts = text.split(":")
    low, high = _whole_numbers(parts if len(parts) == 2 else [], flag, text, "LOW:HIGH")
    return low, high


def read_fixed_pattern(text: str, flag: str) -> FixedPattern:
    """Read the fixed pattern in a file, whose path is the text."""
    from spikecam.fixed_pattern import FixedPattern

    return FixedPattern.load(text)


def convert_recording_path(hint: Any, tokens: Sequence[Token]) -> RecordingPath:
    """Convert a word to a path on this machine, or to the address of a recording far away."""
    return as_recording_path(tokens[0].value)


def one_word_parameter(
    parse: Callable[[str, str], Any], metavar: str, *, flag: str | None = None
) -> Parameter:
    """Make a command-line parameter of one word, which ``parse(text, flag)`` converts."""

    def convert(hint: Any, tokens: Sequence[Token]) -> Any:
        token = tokens[0]
        return parse(token.value, flag_of_token(token) or flag or metavar)

    return Parameter(converter=convert, n_tokens=1, metavar=metavar)


def flag_of_token(token: Token) -> str | None:
    """The flag that a word was typed after, or the key of a configuration file."""
    keyword = token.keyword
    if keyword is None or not keyword.startswith("["):
        return keyword
    return f"{token.source}: {keyword.strip('[]').replace('][', '.')} ="


def format_value_as_typed(option_name: str, value: Any) -> Any:
    """Format a value as it is typed on the command line.

    Numbers and booleans stay as they are; ``size`` is typed as WIDTHxHEIGHT.
    """
    if isinstance(value, (list, tuple)):
        if option_name == "size" and len(value) == 2:
            return f"{value[1]}x{value[0]}"
        if not all(isinstance(one, (int, float)) for one in value):
            return [str(one) for one in value]
        return (":" if len(value) == 2 else ",").join(f"{one:g}" for one in value)
    return value if isinstance(value, (bool, int, float)) else str(value)


Size = Annotated[tuple[int, int], one_word_parameter(parse_size, "WIDTHxHEIGHT")]
Bounds = Annotated[tuple[float, float], one_word_parameter(parse_bounds, "LOW:HIGH")]
Levels = Annotated[tuple[float, float], one_word_parameter(parse_levels, "BLACK:WHITE")]
Numbers = Annotated[tuple[float, ...], one_word_parameter(parse_numbers, "N,N,...")]


def _whole_numbers(parts: Sequence[str], flag: str, text: str, form: str) -> list[int]:
    if not parts or not all(re.fullmatch("[0-9]{1,15}", part) for part in parts):
        raise OptionError(f"{flag} {text}: expected {form} in whole numbers from 0")
    return [int(part) for part in parts]


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
