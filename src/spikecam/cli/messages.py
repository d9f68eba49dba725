"""What a command prints: its result as text or JSON, and what happens on the way."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verbosity:
    """How much is printed.

    Attributes:
        quiet: nothing but errors, and JSON where it is asked for.
        as_json: the result as JSON on standard output; all else goes to standard error.
        debug: tracebacks of faults.
    """

    quiet: bool = False
    as_json: bool = False
    debug: bool = False


_verbosity = Verbosity()


def verbosity() -> Verbosity:
    """How much the running command prints."""
    return _verbosity


def set_verbosity(verbosity: Verbosity) -> None:
    """Set how much the running command prints."""
    global _verbosity
    _verbosity = verbosity


def say(text: str) -> None:
    """Print a line about the work, at once."""
    if not _verbosity.quiet:
        print(text, file=sys.stderr if _verbosity.as_json else sys.stdout, flush=True)


def say_aside(text: str) -> None:
    """Print a line about what was decided for the user, to standard error, at once."""
    if not _verbosity.quiet:
        print_error(text)


def report(text: str, facts: Mapping[str, Any]) -> None:
    """Print the result of a command, once: as text, or the facts as JSON."""
    if not _verbosity.as_json:
        say(text)
        return
    from spikecam.show.table import format_json

    print(format_json(_to_json_types(facts)), end="")


def print_error(text: str) -> None:
    """Print an error, in one line."""
    print(f"spikecam: {text}", file=sys.stderr)


def print_warning(message: Warning | str, *place: Any, **options: Any) -> None:
    """Print a warning in one line, as `warnings.showwarning` is called."""
    if not _verbosity.quiet:
        print_error(f"warning: {' '.join(str(message).split())}")


def _to_json_types(value: Any) -> Any:
    """Convert a value to types of JSON.

    Paths become text, ranges lists.
    """
    if isinstance(value, Mapping):
        return {str(name): _to_json_types(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [_to_json_types(one) for one in value]
    if hasattr(value, "item"):
        return value.item()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
