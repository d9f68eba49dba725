"""A progress bar with an estimate of the time left, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from spikecam.cli.interrupt import check_interrupt
from spikecam.cli.messages import verbosity

Item = TypeVar("Item")


def track_progress(items: Iterable[Item], total: int | None, label: str) -> Iterator[Item]:
    """Pass ``items`` on, and show how many of ``total`` are done and how long the rest will take.

    Where ``total`` is None, unknown, it shows how many are done.
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
    hidden = verbosity().quiet or not console.is_terminal
    bar = Progress(*columns, console=console, transient=True, disable=hidden)
    with bar:
        for item in bar.track(items, total=total, description=label):
            check_interrupt()
            yield item


def progress_tracker(label: str) -> Callable[[Sequence[Item]], Iterator[Item]]:
    """`track_progress` as the library takes it: a wrapper of a sequence of steps."""
    return lambda steps: track_progress(steps, len(steps), label)
