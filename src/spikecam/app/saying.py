"""What a page says when something cannot be done: a sentence, and never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from spikecam.errors import SpikecamError


@contextmanager
def saying() -> Iterator[None]:
    """Within, errors that are the user's to mend are said on the page."""
    try:
        yield
    except SpikecamError as error:
        say(str(error), bad=True)


def say(sentence: str, *, bad: bool = False) -> None:
    """Show a sentence; a bad one stays until it is closed."""
    ui.notify(
        sentence,
        type="negative" if bad else "positive",
        multi_line=True,
        actions=[{"label": "Close", "color": "white"}] if bad else [],
        timeout=0 if bad else 4000,
        position="top",
        classes="said",
    )


def unforeseen(error: Exception) -> None:
    """What is nobody's to foresee: said in short, and told in full to the terminal."""
    logging.getLogger("spikecam.app").error("an error of the app's own", exc_info=error)
    say(
        f"Something went wrong inside spikecam ({type(error).__name__}); the terminal tells more. "
        "What you had open is still there.",
        bad=True,
    )
