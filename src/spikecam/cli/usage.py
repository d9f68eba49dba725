"""Errors in how a command was typed, each as one sentence."""

from __future__ import annotations

import difflib
import re
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from cyclopts import (
    App,
    Argument,
    ArgumentCollection,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)
from cyclopts.annotations import resolve_optional

from spikecam.cli.values import flag_of_token

_EXPECTED = {int: "a whole number", float: "a number", bool: "true or false"}


def explain_usage_error(error: CycloptsError) -> str:
    """Explain an error of cyclopts about a mistyped command in one sentence."""
    command = " ".join(["spikecam", *(error.command_chain or ())])
    match error:
        case CoercionError(token=token) if token is not None:
            argument = error.argument
            name = flag_of_token(token) or (_name(argument) if argument else "")
            expected = _expected(error.target_type)
            return f"{name} {token.value}: expected {expected}".strip()
        case MissingArgumentError(argument=argument) if argument is not None:
            name = error.keyword or _name(argument)
            if error.keyword in ("-o", "--out") and "-" in (error.root_input_tokens or ()):
                from spikecam.io.paths import NO_STANDARD_OUTPUT

                return NO_STANDARD_OUTPUT
            if error.keyword or argument.tokens:
                return f"{name} takes a value; see {command} --help"
            return f"{command} needs {name}; see {command} --help"
        case UnknownOptionError(token=token):
            text = flag_of_token(token) or token.value
            names = [name for one in error.argument_collection for name in one.names]
            return f"{command} has no option {text}{_suggestion(text, names)}; see {command} --help"
        case UnusedCliTokensError(unused_tokens=tokens) if tokens:
            return f"{tokens[0]}: {command} takes no more arguments; see {command} --help"
        case UnknownCommandError(unused_tokens=tokens) if tokens:
            app = error.app
            names = [name for name in (app or ()) if not name.startswith("-")]
            return (
                f"{command} has no command {tokens[0]}{_suggestion(tokens[0], names)}; "
                f"its commands are {', '.join(names)}"
            )
        case RepeatArgumentError(token=token):
            return f"{flag_of_token(token)} is given twice; give it once"
    error.verbose = False
    return " ".join(str(error).split())


def check_whole_numbers(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse arguments such as 1.5 where a whole number is expected.

    cyclopts, which calls this, would round them.

    Raises:
        CoercionError: a word is no whole number.
    """
    for argument in arguments:
        if resolve_optional(argument.hint) is not int:
            continue
        for token in argument.tokens:
            if token.value and not re.fullmatch(r"[+-]?\d+", token.value):
                raise CoercionError(token=token, target_type=int, argument=argument)


def _name(argument: Argument) -> str:
    # A positional one is called by what stands for it in the help.
    if argument.index is not None and not argument.name.startswith("--"):
        return argument.parameter.metavar or argument.name
    return argument.name


def _expected(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {', '.join(member.name.lower() for member in hint)}"
    return _EXPECTED.get(hint, "another value")


def _suggestion(text: str, names: list[str]) -> str:
    close = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
