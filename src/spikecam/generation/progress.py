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
def listening_to_steps(listener: Listener) -> Iterator[None]:
    """Context in which ``listener(done, total)`` is called after every step of a picture.

    What it raises ends the work.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def counting_steps(total_steps: int) -> Iterator[None]:
    """Context in which `count_step` counts the steps of one picture."""
    done = 0

    def count() -> None:
        nonlocal done
        done = min(done + 1, total_steps)
        listener = _listener.get()
        if listener is not None:
            listener(done, total_steps)

    token = _count.set(count)
    try:
        yield
    finally:
        _count.reset(token)


def count_step() -> None:
    """Count one step of the picture that is being made. The listener is told."""
    count = _count.get()
    if count is not None:
        count()
