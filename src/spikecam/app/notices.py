"""Notices on a page: errors as sentences, never as stack traces."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from nicegui import Client, context, ui

from spikecam.app.text import legible_text, word_for_page
from spikecam.errors import SpikecamError
from spikecam.resources import OUT_OF_MEMORY, is_out_of_memory

_NOTICE_SECONDS = 4
# Errors that a page shows, by what they are about.
_errors: WeakKeyDictionary[Client, dict[str, ui.notification]] = WeakKeyDictionary()


@contextmanager
def errors_shown_as_notices(topic: str = "") -> Iterator[None]:
    """Within the block, errors of the user become notices.

    Args:
        topic: what the block does. The error before of the same topic goes, as does its cause,
            when the block is left.
    """
    client = context.client
    before = _errors.get(client, {}).get(topic)
    # The block may remove the part of the page in which it was started.
    with client:
        try:
            yield
        except SpikecamError as error:
            show_notice(word_for_page(str(error)), is_error=True, topic=topic)
        else:
            # A block within this one may have shown another.
            if before is not None and _errors.get(client, {}).get(topic) is before:
                remove_notice(topic)


def show_notice(sentence: str, *, is_error: bool = False, topic: str = "") -> None:
    """Show a notice on the page.

    One of an error stays until it is closed, or `remove_notice` is called for its topic.
    """
    if is_error:
        remove_notice(topic)
    notification = ui.notification(
        legible_text(sentence),
        type="negative" if is_error else "positive",
        multi_line=True,
        close_button="Close" if is_error else False,
        timeout=None if is_error else _NOTICE_SECONDS,
        position="top",
        classes="notice",
    )
    if is_error:
        _errors.setdefault(context.client, {})[topic] = notification


def remove_notice(topic: str) -> None:
    """Remove the error of a topic from the page, if one is shown."""
    notification = _errors.get(context.client, {}).pop(topic, None)
    if notification is not None and not notification.is_deleted:
        notification.dismiss()


def remove_all_notices() -> None:
    """Remove all errors from the page: what they were about is not open any more."""
    for topic in [*_errors.get(context.client, {})]:
        remove_notice(topic)


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
