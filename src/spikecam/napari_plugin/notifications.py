"""Errors as notifications of napari."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from napari.utils.notifications import show_error

from spikecam.errors import SpikecamError


@contextmanager
def errors_as_notifications() -> Iterator[None]:
    """Context in which the user's errors are shown; faults of the program are napari's to show."""
    try:
        yield
    except SpikecamError as error:
        show_error(str(error))


def notify_error(error: Exception) -> None:
    """Show an error: the sentence of a user's error, the type of any other with its text."""
    sentence = (
        str(error) if isinstance(error, SpikecamError) else f"{type(error).__name__}: {error}"
    )
    show_error(sentence)
