"""Inputs of a widget for the options of a method, by their declaration."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit, SpinBox

from spikecam.errors import OptionError
from spikecam.option_fields import OptionField

_LARGEST_WHOLE_NUMBER = 1_000_000


def option_input(field: OptionField) -> Any:
    """Make the input of an option. A number that may be left out is a line of text.

    A choice without a default may stay empty, which leaves it to the method.
    """
    common = {"name": field.name, "label": field.label, "tooltip": field.help}
    if field.choices:
        nullable = field.default is None
        return ComboBox(choices=field.choices, value=field.default, nullable=nullable, **common)
    if field.kind is bool:
        return CheckBox(value=bool(field.default), **common)
    if field.kind is int and not field.optional:
        return SpinBox(value=field.default, min=0, max=_LARGEST_WHOLE_NUMBER, **common)
    return LineEdit(value="" if field.default is None else f"{field.default:g}", **common)


def option_value(field: OptionField, value: Any) -> Any:
    """Value of an option from that of its input.

    Raises:
        OptionError: a text that is no number.
    """
    if not isinstance(value, str) or field.choices:
        return value
    if not value.strip() and field.optional:
        return None
    try:
        return field.kind(value)
    except ValueError:
        kind = "a whole number" if field.kind is int else "a number"
        raise OptionError(f"{field.label} is {kind}, not {value!r}") from None
