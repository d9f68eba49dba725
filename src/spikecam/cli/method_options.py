"""Flags of the options of methods, from the declarations of all that a command offers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cyclopts import Parameter

from spikecam.cli.flags import (
    Command,
    Setting,
    add_flags,
    iter_settings,
    make_flag_type,
    make_flags_class,
    without_none,
)
from spikecam.cli.options import METHOD_GROUP
from spikecam.cli.values import format_value_as_typed
from spikecam.errors import OptionError
from spikecam.method import RESERVED_METHODS, Method, Takes, find_method
from spikecam.reconstruction.method_choice import AUTO, FAST_METHOD

AUTO_HELP = {AUTO: "chosen by the light and motion of the recording"}


@dataclass(frozen=True)
class MethodFlags:
    """Values of the flags of methods; None for those that were not given."""

    @property
    def flag_values(self) -> dict[str, Any]:
        """The flags that were given, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def option_values(self, method: Method, methods: Sequence[Method]) -> dict[str, Any]:
        """The flags that were given, as options of ``method``.

        Args:
            method: the one that was chosen.
            methods: all that the command offers.

        Raises:
            OptionError: an option that the method does not have, or several values for one.
        """
        values: dict[str, Any] = {}
        for name, value in self.flag_values.items():
            if name not in method.option_names:
                others = [other.name for other in methods if name in other.option_names]
                *first, last = others
                names = f"{', '.join(first)} or {last}" if first else last
                raise OptionError(
                    f"--{name} goes with --method {names}; {method.name} has no {name}"
                )
            values[name] = _several(name, value, method) if isinstance(value, list) else value
        return values


def add_method_flags(
    methods: Sequence[Method], *, without: Collection[str] = ()
) -> Callable[[Command], Command]:
    """Decorator that gives a command the flags of these methods."""
    return add_flags("options", make_method_flags_class(methods, without=without))


def make_method_flags_class(
    methods: Sequence[Method], *, without: Collection[str] = ()
) -> type[MethodFlags]:
    """Make a dataclass of the flags of these methods.

    None stands for the method's default.
    """
    settings: dict[str, list[tuple[Method, Setting]]] = {}
    for method in methods:
        hints = get_type_hints(method.options)
        for one in iter_settings(method.options):
            # A group of constants is one option, whose flags are made of its fields.
            name = one.path[0]
            whole = one if len(one.path) == 1 else Setting(name, hints[name], None, "", (name,), "")
            if all(method is not other for other, _ in settings.get(name, [])):
                settings.setdefault(name, []).append((method, whole))
    flags = {
        name: (_hint(name, having), None)
        for name, having in settings.items()
        if name not in without
    }
    return make_flags_class("MethodFlags", flags, MethodFlags)


def make_method_parameter(
    methods: Sequence[Method], others: Mapping[str, str] = MappingProxyType({})
) -> Parameter:
    """The parameter ``--method``: takes the name of a method.

    Its help lists all of them.

    Args:
        methods: all that the command offers.
        others: what other names mean, for the help.
    """
    names = {method.name.lower(): method.name for method in methods}
    names.update((name, name) for name in others)

    def convert(hint: Any, tokens: Any) -> str:
        text: str = tokens[0].value
        return names.get(text.lower(), text)

    described = [*others.items(), *((method.name, method.summary) for method in methods)]
    summaries = "; ".join(f"{name}, {summary}" for name, summary in described)
    return Parameter(
        group=METHOD_GROUP, metavar="NAME", converter=convert, n_tokens=1, help=f"{summaries}."
    )


def method_with_options(name: str) -> Method:
    """The method for spikes alone whose options are given with a name, which may be `AUTO`."""
    return find_method(FAST_METHOD if name == AUTO else name, Takes.SPIKES)


def method_label(name: str) -> str:
    """Label of the progress bar of a method, or of a choice of methods."""
    return "Pictures" if name in RESERVED_METHODS else name.upper()


def _hint(name: str, having: Sequence[tuple[Method, Setting]]) -> Any:
    hints = [without_none(setting.hint) for _, setting in having]
    text = _combined_help(name, having)
    if any(get_origin(hint) is tuple and any(map(_accepts_text, get_args(hint))) for hint in hints):
        # Some take several of what others take one of.
        several = Parameter(help=text, group=METHOD_GROUP, metavar="NAME|FILE")
        return Annotated[list[str] | None, several]
    return make_flag_type(name, hints[0], text, METHOD_GROUP)


def _combined_help(name: str, having: Sequence[tuple[Method, Setting]]) -> str:
    """Help of an option, combined from the help of each method that has it.

    Equal texts are merged.
    """
    texts: dict[str, list[str]] = {}
    for method, setting in having:
        default = setting.default
        text = format_value_as_typed(name, default)
        text = ", ".join(text) if isinstance(text, list) else text
        shown = "" if default in (None, False) else f" ({text})"
        texts.setdefault(setting.help, []).append(f"{method.name}{shown}")
    if len(texts) == 1:
        ((text, methods),) = texts.items()
        return f"{text} For {', '.join(methods)}."
    return " ".join(f"{', '.join(methods)}: {text}" for text, methods in texts.items())


def _accepts_text(hint: Any) -> bool:
    return str in (get_args(hint) or (hint,))


def _several(name: str, values: list[str], method: Method) -> Any:
    hint = without_none(get_type_hints(method.options)[name])
    count = len(get_args(hint)) if get_origin(hint) is tuple else 1
    if len(values) != count:
        raise OptionError(f"{method.name} takes {count} --{name}, not {len(values)}")
    return tuple(values) if get_origin(hint) is tuple else values[0]
