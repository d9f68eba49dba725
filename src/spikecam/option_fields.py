"""Options of a method for a page or a widget: whole numbers, numbers, switches and choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from spikecam.errors import OptionError
from spikecam.method import Method
from spikecam.option_help import attribute_helps
from spikecam.weights.catalogue import named_weights, read_weights_info


@dataclass(frozen=True)
class OptionField:
    """Description of an option for its control on the page.

    Attributes:
        name: of the option.
        kind: int, float, bool or str.
        default: its value where nothing is chosen.
        optional: whether it may be None.
        choices: the only values that it may have; empty where there are others.
        help: of the option, or "".
    """

    name: str
    kind: type
    default: Any
    optional: bool
    choices: tuple[str, ...]
    help: str

    @property
    def label(self) -> str:
        """The name of the option in words, for the page."""
        return self.name.replace("_", " ").capitalize()

    def accepts(self, value: Any) -> bool:
        """Whether a value is one that the control of this option can give."""
        if value is None:
            return self.optional
        if self.choices:
            return value in self.choices
        return type(value) is self.kind or (self.kind is float and type(value) is int)


def list_option_fields(method: Method) -> list[OptionField]:
    """List the options of a method that a page offers, in the order of its declaration.

    Weights are a choice among those for the method's network that ship or are the user's own, where
    there are several.
    Options of other types, such as a fixed pattern, keep their defaults.
    """
    hints, helps = get_type_hints(method.options), attribute_helps(method.options)
    option_fields = []
    for field in fields(method.options):
        kind, optional, choices = _split_option_type(hints[field.name])
        if field.name == "weights" and len(method.networks) == 1:
            kind, choices = str, _weights_names(method.networks[0])
        if kind in (int, float, bool) or len(choices) > 1:
            default = None if field.default is MISSING else field.default
            help_text = helps.get(field.name, "")
            option_fields.append(
                OptionField(field.name, kind, default, optional, choices, help_text)
            )
    return option_fields


def check_options_are_offered(method: Method, values: Mapping[str, Any]) -> None:
    """Refuse options of a method that the page does not offer.

    No control can give them, such as paths.

    Raises:
        OptionError: an option that is not offered, or a value that it cannot have.
    """
    field_by_name = {field.name: field for field in list_option_fields(method)}
    for name, value in values.items():
        if name not in field_by_name or not field_by_name[name].accepts(value):
            raise OptionError(f"{method.name} is not offered here with {name} {value!r}")


def _split_option_type(hint: Any) -> tuple[type, bool, tuple[str, ...]]:
    """Split the type of an option: its kind, whether it may be None, and its choices."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    others = [member for member in members if member is not NoneType]
    optional = len(others) < len(members)
    if len(others) == 1 and get_origin(others[0]) is Literal:
        return str, optional, get_args(others[0])
    return (others[0] if len(others) == 1 else object), optional, ()


def _weights_names(network: str) -> tuple[str, ...]:
    return tuple(name for name in named_weights() if read_weights_info(name).network == network)
