"""A progress bar with an estimate, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from spikecam.cli import interrupt

Item = TypeVar("Item")


def track(items: Iterable[Item], total: int | None, label: str) -> Iterator[Item]:
    """Pass ``items`` on, and show how many of ``total`` are done and how long it will take.

    Where their number is None, unknown, it shows how many are done.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        for item in bar.track(items, total=total, description=label):
            interrupt.check()
            yield item


def tracker(label: str) -> Callable[[Sequence[Item]], Iterator[Item]]:
    """`track` in the form that the library takes: a wrapper of the list of steps."""
    return lambda steps: track(steps, len(steps), label)
