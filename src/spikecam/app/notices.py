"""Notices on a page: errors as sentences, never as stack traces."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from spikecam.app.text import word_for_page
from spikecam.errors import SpikecamError
from spikecam.resources import OUT_OF_MEMORY, is_out_of_memory

_NOTICE_MILLISECONDS = 4000


@contextmanager
def errors_shown_as_notices() -> Iterator[None]:
    """Within the block, errors of the user become notices."""
    try:
        yield
    except SpikecamError as error:
        show_notice(word_for_page(str(error)), is_error=True)


def show_notice(sentence: str, *, is_error: bool = False) -> None:
    """Show a notice on the page; one of an error stays until it is closed."""
    ui.notify(
        sentence,
        type="negative" if is_error else "positive",
        multi_line=True,
        actions=[{"label": "Close", "color": "white"}] if is_error else [],
        timeout=0 if is_error else _NOTICE_MILLISECONDS,
        position="top",
        classes="notice",
    )


def report_unexpected_error(error: Exception) -> None:
    """Show a notice of an unexpected error, and log it unless memory ran out."""
    if is_out_of_memory(error):
        show_notice(f"{OUT_OF_MEMORY[0].upper()}{OUT_OF_MEMORY[1:]}.", is_error=True)
        return
    logging.getLogger("spikecam.app").error("an error of the app's own", exc_info=error)
    show_notice(
        f"Something went wrong inside spikecam ({type(error).__name__}); the terminal says more. "
        "What you had open is still there.",
        is_error=True,
    )
