"""Buttons that stay pressed until they are clicked again."""

from __future__ import annotations

from nicegui import ui


def mark_pressed(button: ui.button, is_pressed: bool) -> None:
    """Mark a flat button as pressed or not, for the eye and for screen readers."""
    button.props(
        f"aria-pressed={str(is_pressed).lower()} {'unelevated' if is_pressed else 'flat'}",
        remove="flat" if is_pressed else "unelevated",
    )
