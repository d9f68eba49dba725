"""Times taken in turns, so that what disturbs the machine disturbs everything that is compared."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_ENDED = object()


def consume(items: Iterable[Any]) -> None:
    """Consume an iterable without keeping its items."""
    deque(items, maxlen=0)


def median_seconds_in_turns(
    functions: Sequence[Callable[[], Any]], rounds: int, min_seconds: float = 0.0
) -> list[float]:
    """Median seconds of functions that are called in turns.

    ``rounds`` times each, and further until ``min_seconds`` seconds are over: what is quick needs
    more rounds. The first is called once before: what it compiles or loads is not its time.
    """
    times: list[list[float]] = [[] for _ in functions]
    functions[0]()
    began = time.perf_counter()
    while len(times[0]) < rounds or time.perf_counter() - began < min_seconds:
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken)) for taken in times]


def median_seconds_of_two(
    function: Callable[[], Any], other: Callable[[], Any], rounds: int
) -> tuple[float, float]:
    """Median seconds of two functions, run in turns."""
    first, second = median_seconds_in_turns([function, other], rounds)
    return first, second


def first_and_median_item_seconds(
    iterators: Sequence[Iterator[Any]], min_later_items: int, min_seconds: float = 0.0
) -> list[tuple[float, float]]:
    """Seconds for the first item of each iterator, and the median for its later items.

    They take turns, one item each: at least ``min_later_items`` after the first, and further until
    ``min_seconds`` seconds are over or one of them ends. What an iterator prepares for all its
    items is in the first.
    """
    times: list[list[float]] = [[] for _ in iterators]
    began = time.perf_counter()
    while len(times[0]) <= min_later_items or time.perf_counter() - began < min_seconds:
        turn = []
        for run in iterators:
            start = time.perf_counter()
            if next(run, _ENDED) is _ENDED:
                if len(times[0]) <= min_later_items:
                    raise ValueError(f"an iterator ended before {min_later_items + 1} items")
                return [(taken[0], float(np.median(taken[1:]))) for taken in times]
            turn.append(time.perf_counter() - start)
        for taken, one in zip(times, turn, strict=True):
            taken.append(one)
    return [(taken[0], float(np.median(taken[1:]))) for taken in times]
