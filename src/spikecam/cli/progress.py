"""A progress bar with an estimate of the time left, on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from spikecam.cli.interrupt import raise_if_interrupted
from spikecam.cli.messages import verbosity

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

Item = TypeVar("Item")


def track_progress(items: Iterable[Item], total: int | None, label: str) -> Iterator[Item]:
    """Yield the items while a progress bar shows how many are done and how long the rest takes.

    Where ``total`` is None, unknown, it shows how many are done.
    """
    with _progress_bar() as bar:
        for item in bar.track(items, total=total, description=label):
            raise_if_interrupted()
            yield item


@contextmanager
def showing_step_progress(label: str, picture_count: int) -> Iterator[Callable[[int, int], None]]:
    """Context with a progress bar of the steps within pictures.

    It yields a function that advances the bar.

    The function takes the steps done of the present picture, and how many it has.

    All pictures are taken to have as many steps as the present one.
    """
    with _progress_bar() as bar:
        task = bar.add_task(label, total=None)
        finished = 0

        def advance(done: int, total: int) -> None:
            nonlocal finished
            raise_if_interrupted()
            bar.update(task, completed=finished * total + done, total=picture_count * total)
            finished += done == total

        yield advance


@contextmanager
def showing_job_progress(label: str, count: int) -> Iterator[Callable[[bool, bool], None]]:
    """Context with a progress bar of jobs, their throughput and the time left.

    It yields a function that advances the bar by a job, which says whether it was skipped, and
    whether it failed.
    """
    from rich.progress import TextColumn

    columns = (
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[failed]}", style="red"),
    )
    with _progress_bar(*columns) as bar:
        task = bar.add_task(label, total=count, rate="", failed="")
        clock = time.monotonic()
        finished = skipped = failed = 0

        def advance(is_skipped: bool, has_failed: bool) -> None:
            nonlocal finished, skipped, failed
            skipped, failed = skipped + is_skipped, failed + has_failed
            finished += not is_skipped
            rate = finished / max(time.monotonic() - clock, 1e-3)
            text = f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute"
            notes = f"{failed} failed" if failed else ""
            # What is skipped takes no time, and would mislead the estimate.
            bar.update(task, completed=finished, total=count - skipped, rate=text, failed=notes)

        yield advance


def make_progress_tracker(label: str) -> Callable[[Sequence[Item]], Iterator[Item]]:
    """Make a function that yields the items of a sequence while a progress bar shows them."""
    return lambda steps: track_progress(steps, len(steps), label)


def _progress_bar(*more_columns: ProgressColumn) -> Progress:
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
        *more_columns,
        TimeRemainingColumn(),
    )
    hidden = verbosity().quiet or not console.is_terminal
    return Progress(*columns, console=console, transient=True, disable=hidden)
