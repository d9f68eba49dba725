"""Flags from the fields of dataclasses: names, types and defaults, with help from docstrings."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter

from spikecam.cli.values import (
    format_value_as_typed,
    one_word_parameter,
    parse_bounds,
    parse_numbers,
    parse_size,
    parse_whole_bounds,
    parse_whole_numbers,
    read_fixed_pattern,
)
from spikecam.option_help import attribute_helps

Config = TypeVar("Config")
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Setting:
    """One field of a dataclass of options.

    Attributes:
        name: of the field.
        hint: its type.
        default: its value where nothing else is said.
        help: what the docstring says of it.
        path: the fields that lead to it where groups of settings are nested, itself included.
        group: name of the dataclass that holds it.
    """

    name: str
    hint: Any
    default: Any
    help: str
    path: tuple[str, ...]
    group: str


def iter_settings(options_class: type, *, path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Yield the settings of a dataclass, and of the dataclasses nested in it."""
    yield from _settings(options_class, None, path)


def _settings(options: type, instance: Any, path: tuple[str, ...]) -> Iterator[Setting]:
    hints, helps = get_type_hints(options), attribute_helps(options)
    for one in fields(options):
        default = _default(one) if instance is None else getattr(instance, one.name)
        here = (*path, one.name)
        if is_dataclass(default) and not isinstance(default, type):
            yield from _settings(type(default), default, here)
        else:
            text = helps.get(one.name, "")
            yield Setting(one.name, hints[one.name], default, text, here, options.__name__)


def replace_settings(options: Config, values: Mapping[tuple[str, ...], Any]) -> Config:
    """A copy of a dataclass with other values of its settings, by the paths of their fields."""
    changes: dict[str, Any] = {}
    for one in fields(options):  # type: ignore[arg-type]
        below = {path[1:]: value for path, value in values.items() if path[0] == one.name}
        if () in below:
            changes[one.name] = below[()]
        elif below:
            changes[one.name] = replace_settings(getattr(options, one.name), below)
    return dataclasses.replace(options, **changes)  # type: ignore[type-var]


def make_flag_type(name: str, hint: Any, help_text: str, group: Group, default: Any = None) -> Any:
    """The annotated type of a flag: its type with metavar, help and group."""
    hint = without_none(hint)
    parameters = [Parameter(help=help_text, group=group, show_default=shown_default(name, default))]
    if hint is bool and default is True:
        parameters.append(Parameter(negative=f"--no-{name.replace('_', '-')}"))
    if _is_fixed_pattern(hint):
        hint = Any
        parameters.append(one_word_parameter(read_fixed_pattern, "FPN"))
    elif any(get_origin(member) is os.PathLike for member in get_args(hint)):
        hint = str
        parameters.append(Parameter(metavar="NAME|FILE" if name == "weights" else "PATH"))
    elif hint is Path:
        parameters.append(Parameter(metavar="PATH"))
    elif get_origin(hint) is tuple and {int, float}.isdisjoint(get_args(hint)):
        hint = tuple[str, ...]
        parameters.append(Parameter(metavar="NAME"))
    elif get_origin(hint) is tuple:
        parameters.append(_tuple_parameter(name, get_args(hint)))
    annotated = Annotated[(hint, *parameters)]
    return optional_annotation(annotated) if default is None else annotated


def without_none(hint: Any) -> Any:
    """The type without None, where it is optional."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    members = tuple(one for one in get_args(hint) if one is not NoneType)
    return members[0] if len(members) == 1 else Union[members]  # noqa: UP007


def shown_default(name: str, value: Any) -> Any:
    """The default of a flag as the help shows it.

    False where there is nothing to show.
    """
    if value is None or value is False or value == ():
        return False
    return str(format_value_as_typed(name, value))


def make_flags_class(
    class_name: str, flags: Mapping[str, tuple[Any, Any]], base_class: type
) -> type:
    """Make a dataclass with a field for each flag, of its type and default."""
    flags_class = dataclasses.make_dataclass(
        class_name,
        [(flag, hint, field(default=default)) for flag, (hint, default) in flags.items()],
        bases=(base_class,),
        frozen=True,
    )
    flags_class.__module__ = __name__
    return Parameter(name="*")(flags_class)


@dataclass(frozen=True)
class ConfigFlags:
    """Values of the flags of a configuration.

    Subclasses have a field for each flag.
    """

    def apply(self, options: Config) -> Config:
        """A copy of the options with the values of the flags."""
        paths: Mapping[str, tuple[str, ...]] = getattr(self, "_paths", {})
        return replace_settings(
            options, {path: getattr(self, name) for name, path in paths.items()}
        )


def make_config_flags_class(
    options_class: type, *, without: Collection[str] = ()
) -> type[ConfigFlags]:
    """Make a dataclass with a flag for every setting of a dataclass, and of those nested in it.

    Args:
        options_class: the dataclass; its settings have names of their own.
        without: settings that are no flags.
    """
    settings = [one for one in iter_settings(options_class) if one.name not in without]
    titles = dict.fromkeys(group_title(one.group) for one in settings)
    groups = {title: Group.create_ordered(title, sort_key=0) for title in titles}
    flags = {
        one.name: (
            make_flag_type(
                one.name, one.hint, one.help, groups[group_title(one.group)], one.default
            ),
            one.default,
        )
        for one in settings
    }
    flags_class = make_flags_class("ConfigFlags", flags, ConfigFlags)
    flags_class._paths = {one.name: one.path for one in settings}  # type: ignore[attr-defined]
    return flags_class


def group_title(class_name: str) -> str:
    """A heading for the settings of a dataclass: ``CropConfig`` is "Crop"."""
    stem = re.sub("(Config|Options)$", "", class_name).replace("SpikeGen", "Spikegen")
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", stem)
    return " ".join([*words[:1], *(w if w.isupper() else w.lower() for w in words[1:])]) or stem


def add_config_flags(
    options_class: type, *, without: Collection[str] = ()
) -> Callable[[Command], Command]:
    """Decorator that gives a command the flags of a dataclass."""
    return add_flags("settings", make_config_flags_class(options_class, without=without))


def add_flags(parameter_name: str, flags_dataclass: type) -> Callable[[Command], Command]:
    """Decorator that gives a command the flags of a dataclass, as this parameter."""

    def decorate(command: Command) -> Command:
        command.__annotations__[parameter_name] = flags_dataclass
        assert command.__kwdefaults__ is not None
        command.__kwdefaults__[parameter_name] = flags_dataclass()
        return command

    return decorate


def optional_annotation(annotated_type: Any) -> Any:
    """The annotated type made optional: it also accepts None."""
    inner = annotated_type.__origin__
    return Annotated[(inner if inner is Any else inner | None, *annotated_type.__metadata__)]


def _tuple_parameter(name: str, members: tuple[Any, ...]) -> Parameter:
    if name == "size":
        return one_word_parameter(parse_size, "WIDTHxHEIGHT")
    if members == (int, int):
        return one_word_parameter(parse_whole_bounds, "LOW:HIGH")
    if members == (float, float):
        return one_word_parameter(parse_bounds, "LOW:HIGH")
    parse = parse_whole_numbers if members[0] is int else parse_numbers
    return one_word_parameter(parse, "N,N,...")


def _is_fixed_pattern(hint: Any) -> bool:
    # By its name: help shall not load NumPy.
    names = (getattr(hint, "__module__", None), getattr(hint, "__name__", None))
    return names == ("spikecam.fixed_pattern", "FixedPattern")


def _default(one: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    return None if one.default_factory is MISSING else one.default_factory()
