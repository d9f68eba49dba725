"""Times taken in turns, so that what disturbs the machine disturbs everything that is compared."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_ENDED = object()


def drain(items: Iterable[Any]) -> None:
    """Take every item and keep none, as a writer does."""
    deque(items, maxlen=0)


def in_turns(
    functions: Sequence[Callable[[], Any]], rounds: int, least: float = 0.0
) -> list[float]:
    """Median seconds of functions that are called one after the other.

    ``rounds`` times each, and further until ``least`` seconds are over: what is quick needs more
    rounds. The first is called once before: what it compiles or loads is not its time.
    """
    times: list[list[float]] = [[] for _ in functions]
    functions[0]()
    began = time.perf_counter()
    while len(times[0]) < rounds or time.perf_counter() - began < least:
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken)) for taken in times]


def seconds(ours: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of two functions, run in turns."""
    first, second = in_turns([ours, other], rounds)
    return first, second


def each_in_turns(
    runs: Sequence[Iterator[Any]], count: int, least: float = 0.0
) -> list[tuple[float, float]]:
    """Seconds for the first item of every iterator, and the median of those after it.

    One item of each in turn: ``count`` after the first, and further until ``least`` seconds are
    over or one of them ends. What an iterator prepares for all its items is in the first.
    """
    times: list[list[float]] = [[] for _ in runs]
    began = time.perf_counter()
    while len(times[0]) <= count or time.perf_counter() - began < least:
        turn = []
        for run in runs:
            start = time.perf_counter()
            if next(run, _ENDED) is _ENDED:
                if len(times[0]) <= count:
                    raise ValueError(f"an iterator ended before {count + 1} items")
                return [(taken[0], float(np.median(taken[1:]))) for taken in times]
            turn.append(time.perf_counter() - start)
        for taken, one in zip(times, turn, strict=True):
            taken.append(one)
    return [(taken[0], float(np.median(taken[1:]))) for taken in times]
