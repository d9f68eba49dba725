"""Warnings to the user: Python's by default, or collected where a page shows them.

`warnings.catch_warnings` changes the state of the whole process, and cannot be used where several
threads work; what is collected here is that of one thread or task.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting_warnings() -> Iterator[list[str]]:
    """Context in which warnings to the user are added to the list that it yields."""
    sentences: list[str] = []
    token = _collected.set(sentences)
    try:
        yield sentences
    finally:
        _collected.reset(token)


def warn_user(sentence: str, *, stacklevel: int = 1) -> None:
    """Warn the user; ``stacklevel`` is that of `warnings.warn`, called in place of this."""
    sentences = _collected.get()
    if sentences is None:
        warnings.warn(sentence, stacklevel=stacklevel + 1)
    else:
        sentences.append(sentence)
