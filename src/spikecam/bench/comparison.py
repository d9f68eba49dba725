"""Methods against each other on the same cases, a score a frame."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

import spikecam as sc
from spikecam.bench.deblurring_cases import Case
from spikecam.errors import OptionError
from spikecam.picture import Picture

# Cases whose pictures are kept for the page.
REPORT_CASES = 8
# What stands for the picture as it is.
BLURRY_PICTURE = "blurry picture"


class Maker(Protocol):
    """What makes sharp pictures of cases.

    Attributes:
        label: in tables.
    """

    @property
    def label(self) -> str: ...  # noqa: D102

    def pictures(self, case: Case, frames: Sequence[int]) -> list[Picture]:
        """Sharp pictures of these frames."""


@dataclass(frozen=True)
class Entry:
    """A method of deblurring with its weights.

    Attributes:
        label: in tables.
        method: of `deblur`; None leaves the picture as it is.
        weights: names of those that ship or files; none for the method's own.
    """

    label: str
    method: str | None = None
    weights: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str) -> Entry:
        """METHOD[:WEIGHTS[,WEIGHTS]] as it stands on the command line.

        Raises:
            OptionError: there is no such method.
        """
        method, _, weights = text.partition(":")
        sc.find_method(method, sc.Takes.SPIKES_AND_PICTURE)
        return Entry(text, method, tuple(w for w in weights.split(",") if w))

    def pictures(self, case: Case, frames: Sequence[int]) -> list[Picture]:
        """Sharp pictures of these frames."""
        if self.method is None:
            return [case.blur] * len(frames)
        options: dict[str, Any] = {}
        if self.weights:
            options["weights"] = self.weights
        made = sc.deblur_frames(
            case.blur, case.stream, frames=list(frames), method=self.method, **options
        )
        return list(made)

    def parameters(self) -> str | None:
        """How many, of all its networks, as in "2.61 M"; None for a method without."""
        if self.method is None:
            return None
        method = sc.find_method(self.method, sc.Takes.SPIKES_AND_PICTURE)
        names = self.weights or method.default_weights
        count = sum(sc.read_weights_info(name).parameters for name in names if name != "none")
        return f"{count / 1e6:.2f} M" if count else None


def all_entries() -> list[str]:
    """METHOD or METHOD:WEIGHTS of every method with a picture and all weights that ship for it."""
    names = []
    for method in sc.all_methods(sc.Takes.SPIKES_AND_PICTURE):
        names.append(method.name)
        if len(method.networks) == 1:
            names += [
                f"{method.name}:{weights}"
                for weights in sc.shipped_weights()
                if weights not in method.default_weights
                and sc.read_weights_info(weights).network == method.networks[0]
            ]
    return names


@dataclass
class Scores:
    """Scores of one method on all frames of all cases.

    Attributes:
        frames: the frame of each.
        values: by metric, one a frame.
        seconds: that each picture took.
    """

    frames: list[int]
    values: dict[str, list[float]]
    seconds: list[float]

    def mean(self, metric: str, frame: int | None = None) -> float | None:
        """Mean of a metric over all frames, or over those of one number; None of none."""
        chosen = [
            value
            for number, value in zip(self.frames, self.values[metric], strict=True)
            if frame is None or number == frame
        ]
        return float(np.mean(chosen)) if chosen else None


def compare_entries(
    cases: Iterable[Case],
    entries: Sequence[Maker],
    metrics: Sequence[str],
    frames: Sequence[int] | None = None,
    *,
    kept: int = REPORT_CASES,
) -> tuple[dict[str, Scores], dict[str, dict[str, Picture]]]:
    """Score every method on every case, at the frames that are known or those given.

    Args:
        cases: one after another; none is kept.
        entries: with different labels.
        metrics: names, see `score`; none for pictures alone.
        frames: to judge at; by default all of which there is the truth.
        kept: cases whose pictures are kept, from the first.

    Returns:
        Scores by label, and pictures of the middle one of the frames, by case and label.

    Raises:
        OptionError: two entries of one label, or no frame to judge at.
    """
    labels = [one.label for one in entries]
    if len(set(labels)) < len(labels):
        raise OptionError(f"a method is named twice: {', '.join(labels)}")
    scores = {label: Scores([], defaultdict(list), []) for label in labels}
    pictures: dict[str, dict[str, Picture]] = {}
    for number, case in enumerate(cases):
        chosen = sorted(case.truth) if frames is None else list(frames)
        if not chosen:
            raise OptionError(f"{case.name} has no sharp pictures to compare with")
        shown: dict[str, Picture] = {}
        if number < kept:
            pictures[case.name] = shown
        for one in entries:
            if number == 0:
                # What is loaded and compiled once is not a picture's time.
                one.pictures(case, chosen[:1])
            start = time.perf_counter()
            made = one.pictures(case, chosen)
            taken = (time.perf_counter() - start) / len(chosen)
            into = scores[one.label]
            into.frames += chosen
            into.seconds += [taken] * len(chosen)
            for frame, picture in zip(chosen, made, strict=True):
                values = sc.score(picture, case.truth.get(frame), metrics) if metrics else {}
                for name, value in values.items():
                    into.values[name].append(value)
            shown[one.label] = made[len(made) // 2]
        if chosen[len(chosen) // 2] in case.truth:
            shown["truth"] = case.truth[chosen[len(chosen) // 2]]
    return scores, pictures
