"""``--config`` and ``--print-config``: the options of a command from a file, and to one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import (
    App,
    Argument,
    ArgumentCollection,
    Group,
    Parameter,
    Token,
    UnknownOptionError,
)
from cyclopts.config import Dict

from spikecam.cli.values import format_value_as_typed
from spikecam.errors import FileError

CONFIG_GROUP = Group.create_ordered("Configuration", sort_key=1)
# Options that say where to and how, not what is done.
NO_SETTINGS = ("--out", "--overwrite", "--config", "--print-config")


@Parameter(name="*", group=CONFIG_GROUP)
@dataclass(frozen=True)
class ConfigOptions:
    """Options to read the options of a command from a file, or to print them.

    Attributes:
        config: Take options from this .toml or .json file; those that are typed go before it.
        print_config: Print all options with their values, as --config takes them, and end.
    """

    config: Annotated[Path | None, Parameter(metavar="FILE")] = None
    print_config: bool = False


class ConfigPrinted(Exception):
    """Raised after the configuration was printed, to end the command."""


def apply_config_flags(
    app: App,
    commands: tuple[str, ...],
    arguments: ArgumentCollection,
    *,
    words: Sequence[str] = (),
) -> None:
    """Apply ``--config`` to the arguments of a command, and answer ``--print-config``.

    cyclopts calls it once the words of a command are known and before they are values, so that a
    configuration is printed also where the inputs of the command are not named.

    Args:
        app, commands, arguments: from cyclopts.
        words: all that were typed, among which unknown options are refused before printing.
    """
    path = _typed_word(arguments, "--config")
    if path is not None:
        settings = read_config(path)
        Dict(settings, source=path, use_commands_as_keys=False)(app, commands, arguments)
    if _typed_word(arguments, "--print-config") is not None:
        _refuse_unknown(words, arguments)
        print(config_as_toml(arguments), end="")
        raise ConfigPrinted


def read_config(path: str) -> dict[str, Any]:
    """Read the settings of a .toml or .json file.

    Raises:
        FileError: it is missing, or no such file.
    """
    # Loaded when there is a file: every command loads this module.
    import tomllib

    from spikecam.io.paths import check_existing_file

    text = check_existing_file(path).read_text(encoding="utf-8", errors="replace")
    try:
        settings = json.loads(text) if path.lower().endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise FileError(f"{path} is no configuration in TOML or JSON: {error}") from error
    if not isinstance(settings, dict):
        raise FileError(f"{path} holds no settings by name; --print-config writes such a file")
    return settings


def config_as_toml(arguments: ArgumentCollection) -> str:
    """The settings of a command as TOML, each below its help."""
    lines = []
    for argument in _settings(arguments):
        name, value = argument.name.removeprefix("--"), _typed_or_default(argument)
        lines.append(f"# {argument.parameter.help or argument.field_info.help or ''}".rstrip())
        lines.append(f"# {name} =" if value is None else f"{name} = {_toml_value(value)}")
    return "\n".join([*lines, ""])


def _toml_value(value: Any) -> str:
    """A text, number, truth value, or a list of texts, as TOML writes it."""
    if isinstance(value, float):
        return str(value)  # inf and nan are written alike
    # The rest is that of JSON, but for escapes of characters beyond U+FFFF, and DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _settings(arguments: ArgumentCollection) -> Iterator[Argument]:
    for argument in arguments:
        is_setting = argument.name.startswith("--") and argument.name not in NO_SETTINGS
        if is_setting and argument.parse and not argument.children:
            yield argument


def _typed_or_default(argument: Argument) -> Any:
    """The value of an argument that was typed, or else its default.

    It has the form in which it is typed.
    """
    if argument.tokens:
        value = argument.convert()
    else:
        value = argument.field_info.default
        if value is argument.field_info.empty:
            return None
    name = argument.name.removeprefix("--")
    return None if value is None or value == () else format_value_as_typed(name, value)


def _refuse_unknown(words: Sequence[str], arguments: ArgumentCollection) -> None:
    for word in words:
        if word.startswith("--"):
            name = word.partition("=")[0]
            try:
                arguments.match(name)
            except ValueError:
                token = Token(keyword=name, source="cli")
                raise UnknownOptionError(token=token, argument_collection=arguments) from None


def _typed_word(arguments: ArgumentCollection, flag: str) -> str | None:
    """The word that was typed after a flag; None without the flag.

    It is empty for a switch.
    """
    for argument in arguments:
        if argument.name == flag and argument.tokens:
            return argument.tokens[0].value
    return None
