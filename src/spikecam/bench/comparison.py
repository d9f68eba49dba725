"""Scores of several deblurring methods on the same test cases, one a frame."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import spikecam as sc
from spikecam.bench.deblurring_cases import DeblurringCase
from spikecam.bench.metric_availability import mean_score, score_picture
from spikecam.errors import OptionError
from spikecam.picture import Picture

# Cases whose pictures are kept for the page.
REPORT_CASES = 8
# Label of the blurry picture itself, as a baseline.
BLURRY_PICTURE = "blurry picture"


class DeblurringMethod(Protocol):
    """Protocol of a method that makes sharp pictures of test cases.

    Attributes:
        label: in tables.
    """

    @property
    def label(self) -> str: ...  # noqa: D102

    def pictures(self, case: DeblurringCase, frames: Sequence[int]) -> list[Picture]:
        """Sharp pictures of these frames."""


@dataclass(frozen=True)
class WeightedMethod:
    """A deblurring method with the weights it uses.

    Attributes:
        label: in tables.
        method: of `deblur`; None leaves the picture as it is.
        weights: names of those that ship or files; none for the method's own.
        knows_encoding: whether it is given the encoding of the pictures; else it measures that, as
            for a user.
    """

    label: str
    method: str | None = None
    weights: tuple[str, ...] = ()
    knows_encoding: bool = False

    @staticmethod
    def parse(text: str) -> WeightedMethod:
        """Parse METHOD[:WEIGHTS[,WEIGHTS]] of the command line.

        Raises:
            OptionError: there is no such method.
        """
        method, _, weights = text.partition(":")
        sc.find_method(method, sc.Takes.SPIKES_AND_PICTURE)
        return WeightedMethod(text, method, tuple(w for w in weights.split(",") if w))

    def pictures(self, case: DeblurringCase, frames: Sequence[int]) -> list[Picture]:
        """Sharp pictures of these frames."""
        if self.method is None:
            return [case.blur] * len(frames)
        options: dict[str, Any] = {}
        if self.weights:
            options["weights"] = self.weights
        if self.knows_encoding:
            options["encoding"] = case.encoding
        sharp = sc.deblur_frames(
            case.blur, case.stream, frames=list(frames), method=self.method, **options
        )
        return list(sharp)

    def frames_inside(self, case: DeblurringCase, frames: Sequence[int]) -> list[int]:
        """Those of the frames whose window lies inside the recording of a case."""
        if self.method is None:
            return list(frames)
        method = sc.find_method(self.method, sc.Takes.SPIKES_AND_PICTURE)
        options = method.parse_options({"weights": self.weights} if self.weights else {})
        half = method.window(options, case.stream) // 2
        return [frame for frame in frames if half <= frame < len(case.stream) - half]

    def format_parameter_count(self) -> str | None:
        """Number of parameters of all its networks, as in "2.61 M".

        It is None without networks.
        """
        if self.method is None:
            return None
        method = sc.find_method(self.method, sc.Takes.SPIKES_AND_PICTURE)
        names = self.weights or method.default_weights
        count = sum(sc.read_weights_info(name).parameters for name in names if name != "none")
        return f"{count / 1e6:.2f} M" if count else None


def list_method_and_weights_names() -> list[str]:
    """List the names of all deblurring methods, alone and with the weights that ship for them.

    They are METHOD and METHOD:WEIGHTS.
    """
    names = []
    for method in sc.all_methods(sc.Takes.SPIKES_AND_PICTURE):
        if not method.has_weights:
            continue
        names.append(method.name)
        if len(method.networks) == 1:
            names += [
                f"{method.name}:{weights}"
                for weights in sc.shipped_weights()
                if weights not in method.default_weights
                and sc.read_weights_info(weights).network == method.networks[0]
            ]
    return names


def network_free_reconstruction_names() -> list[str]:
    """Names of the methods for spikes alone that use no network."""
    return [method.name for method in sc.all_methods(sc.Takes.SPIKES) if not method.networks]


@dataclass
class MethodScores:
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
        """Mean of a metric over all frames, or over those of one index; see `mean_score`."""
        selected = [
            value
            for index, value in zip(self.frames, self.values[metric], strict=True)
            if frame is None or index == frame
        ]
        return mean_score(selected)


def score_methods(
    cases: Iterable[DeblurringCase],
    methods: Sequence[DeblurringMethod],
    metrics: Sequence[str],
    frames: Sequence[int] | None = None,
    *,
    picture_cases: int = REPORT_CASES,
) -> tuple[dict[str, MethodScores], dict[str, dict[str, Picture]]]:
    """Score deblurring methods on test cases, at all frames with sharp pictures or at ``frames``.

    A method whose window leaves the recording at some of them is scored at the others alone.

    Args:
        cases: read one after another, so that one at a time is in memory.
        methods: their labels differ.
        metrics: names, see `score`; none for pictures alone.
        frames: indices to score; by default all that have a sharp picture.
        picture_cases: number of cases, from the first, whose pictures are returned.

    Returns:
        Scores by label, and pictures of the middle one of the frames, by case and label.

    Raises:
        OptionError: two methods of one label, or no frame to score.
    """
    labels = [method.label for method in methods]
    if len(set(labels)) < len(labels):
        raise OptionError(f"a method is named twice: {', '.join(labels)}")
    scores = {label: MethodScores([], defaultdict(list), []) for label in labels}
    pictures: dict[str, dict[str, Picture]] = {}
    for index, case in enumerate(cases):
        selected = sorted(case.truth) if frames is None else list(frames)
        if not selected:
            raise OptionError(f"{case.name} has no sharp pictures to compare with")
        case_pictures: dict[str, Picture] = {}
        if index < picture_cases:
            pictures[case.name] = case_pictures
        for method in methods:
            inside = selected
            if isinstance(method, WeightedMethod):
                inside = method.frames_inside(case, selected)
            if not inside:
                continue
            if index == 0:
                # Loading and compiling happen once and are not counted.
                method.pictures(case, inside[:1])
            start = time.perf_counter()
            sharp = method.pictures(case, inside)
            seconds_per_frame = (time.perf_counter() - start) / len(inside)
            method_scores = scores[method.label]
            method_scores.frames += inside
            method_scores.seconds += [seconds_per_frame] * len(inside)
            for frame, picture in zip(inside, sharp, strict=True):
                values = score_picture(picture, case.truth.get(frame), metrics)
                for name, value in values.items():
                    method_scores.values[name].append(value)
            case_pictures[method.label] = sharp[len(sharp) // 2]
        if selected[len(selected) // 2] in case.truth:
            case_pictures["truth"] = case.truth[selected[len(selected) // 2]]
    return scores, pictures
