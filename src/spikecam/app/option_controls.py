"""Controls for the options of a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from spikecam.method import Method
from spikecam.option_fields import OptionField, list_option_fields


class OptionControls:
    """Controls on the page for the options of one method at a time.

    Args:
        on_change: called with the name of an option that was changed.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda name: None) -> None:
        self._on_change = on_change
        self._column = ui.column().classes("w-full gap-2")
        self._controls: dict[str, tuple[OptionField, ValueElement[Any]]] = {}

    def show_method(self, method: Method, values: Mapping[str, Any] | None = None) -> None:
        """Show the controls of a method, with values of its options.

        Args:
            method: the method.
            values: of its options; the others have their defaults.
        """
        self._column.clear()
        self._controls = {}
        with self._column:
            for field in list_option_fields(method):
                value = (values or {}).get(field.name, field.default)
                self._controls[field.name] = field, self._build_control(field, value)

    def changed_values(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
        values = {}
        for name, (field, control) in self._controls.items():
            value = control.value
            # An empty field stands for the default.
            if value is not None and value != field.default:
                values[name] = field.kind(value)
        return values

    def set_error(self, name: str, error: str | None) -> None:
        """Show an error below the control of an option, or none."""
        control = self._controls[name][1]
        if isinstance(control, ui.number):
            control.error = error

    def _build_control(self, field: OptionField, value: Any) -> ValueElement[Any]:
        def changed() -> None:
            self._on_change(field.name)

        control: ValueElement[Any]
        if field.choices:
            control = ui.select(list(field.choices), label=field.label, value=value)
            control.classes("w-full")
        elif field.kind is bool:
            control = ui.switch(field.label, value=value)
        else:
            precision = 0 if field.kind is int else None
            number = ui.number(field.label, value=value, precision=precision)
            # A number is taken when it is typed, not at each digit of it.
            number.props('debounce=500 placeholder="default" stack-label')
            # An error of several lines pushes down what is below it.
            number.classes("w-full option")
            number.without_auto_validation()
            if field.kind is int:
                number.props("step=1")
            control = number
        control.on_value_change(changed)
        if field.help:
            with control:
                ui.tooltip(field.help).classes("text-sm")
        return control
