"""Scores of several deblurring methods on the same test cases, one a frame."""

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
# Label of the blurry picture itself, as a baseline.
BLURRY_PICTURE = "blurry picture"


class PictureMethod(Protocol):
    """A method that makes sharp pictures of test cases.

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
        """Parse METHOD[:WEIGHTS[,WEIGHTS]] of the command line.

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
        sharp = sc.deblur_frames(
            case.blur, case.stream, frames=list(frames), method=self.method, **options
        )
        return list(sharp)

    def parameters(self) -> str | None:
        """Number of parameters of all its networks, as in "2.61 M"; None without networks."""
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
        seconds: time of each picture.
    """

    frames: list[int]
    values: dict[str, list[float]]
    seconds: list[float]

    def mean(self, metric: str, frame: int | None = None) -> float | None:
        """Mean of a metric over all frames, or over those of one number; None of none."""
        selected = [
            value
            for index, value in zip(self.frames, self.values[metric], strict=True)
            if frame is None or index == frame
        ]
        return float(np.mean(selected)) if selected else None


def compare_entries(
    cases: Iterable[Case],
    entries: Sequence[PictureMethod],
    metrics: Sequence[str],
    frames: Sequence[int] | None = None,
    *,
    picture_cases: int = REPORT_CASES,
) -> tuple[dict[str, Scores], dict[str, dict[str, Picture]]]:
    """Score every method on every case, at all frames with sharp pictures or at ``frames``.

    Args:
        cases: read one after another, so that one at a time is in memory.
        entries: with different labels.
        metrics: names, see `score`; none for pictures alone.
        frames: indices to score; by default all that have a sharp picture.
        picture_cases: number of cases, from the first, whose pictures are returned.

    Returns:
        Scores by label, and pictures of the middle one of the frames, by case and label.

    Raises:
        OptionError: two entries of one label, or no frame to score.
    """
    labels = [entry.label for entry in entries]
    if len(set(labels)) < len(labels):
        raise OptionError(f"a method is named twice: {', '.join(labels)}")
    scores = {label: Scores([], defaultdict(list), []) for label in labels}
    pictures: dict[str, dict[str, Picture]] = {}
    for index, case in enumerate(cases):
        selected = sorted(case.truth) if frames is None else list(frames)
        if not selected:
            raise OptionError(f"{case.name} has no sharp pictures to compare with")
        case_pictures: dict[str, Picture] = {}
        if index < picture_cases:
            pictures[case.name] = case_pictures
        for entry in entries:
            if index == 0:
                # Loading and compiling happen once and are not counted.
                entry.pictures(case, selected[:1])
            start = time.perf_counter()
            sharp = entry.pictures(case, selected)
            seconds_per_frame = (time.perf_counter() - start) / len(selected)
            entry_scores = scores[entry.label]
            entry_scores.frames += selected
            entry_scores.seconds += [seconds_per_frame] * len(selected)
            for frame, picture in zip(selected, sharp, strict=True):
                values = sc.score(picture, case.truth.get(frame), metrics) if metrics else {}
                for name, value in values.items():
                    entry_scores.values[name].append(value)
            case_pictures[entry.label] = sharp[len(sharp) // 2]
        if selected[len(selected) // 2] in case.truth:
            case_pictures["truth"] = case.truth[selected[len(selected) // 2]]
    return scores, pictures
