"""Progress within a generated picture, which takes a network many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Takes the steps of a picture that are done, and how many it has.
Listener = Callable[[int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)

_count: ContextVar[Callable[[], None] | None] = ContextVar("count", default=None)


@contextmanager
def progress_listener(listener: Listener) -> Iterator[None]:
    """Within, ``listener(done, total)`` is called after every step of a picture.

    What it raises ends the work.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def counted_steps(total: int) -> Iterator[None]:
    """Within, `count_step` counts the steps of one picture, which has ``total``."""
    done = 0

    def count() -> None:
        nonlocal done
        done = min(done + 1, total)
        listener = _listener.get()
        if listener is not None:
            listener(done, total)

    token = _count.set(count)
    try:
        yield
    finally:
        _count.reset(token)


def count_step() -> None:
    """Count a step of the picture that is being made, if one is."""
    count = _count.get()
    if count is not None:
        count()
