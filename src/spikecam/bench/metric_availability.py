"""Metrics of the benches' tables: which can be computed here, and scores of a picture by them.

Some need a package and its parameters; those without truth have no value on some pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import spikecam as sc
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

# Of each picture alone, without a network to fetch weights from: they enter every table.
NATURALNESS_METRICS = ("niqe", "brisque")


def choose_metrics(
    metrics: Sequence[str] | None,
    candidates: Sequence[str],
    say: Callable[[str], None],
    *,
    has_truth: bool = True,
) -> tuple[list[str], dict[str, str]]:
    """Choose metrics: those that the user named, or the candidates that can be had.

    Returns their names, and for each candidate that is left out, in their order, the reason.

    Args:
        metrics: that the user named; None for the candidates.
        candidates: of `METRICS`; without truth, those of them that need none.
        say: takes a line for each that is left out.
        has_truth: whether pictures are compared with the truth.

    Raises:
        OptionError: no such metric, or one that needs the truth where there is none.
        SpikecamError: one that was named, or none of the candidates, can be had.
    """
    if metrics is not None:
        names = sc.check_metrics(metrics, has_truth)
        # Before hours of work: what was named is an error if it is missing, and is not left out.
        for name in names:
            _probe(name)
        return names, {}
    names, reasons = [], {}
    for name in candidates:
        if METRICS[name].needs_truth and not has_truth:
            continue
        try:
            _probe(name)
            names.append(name)
        except sc.SpikecamError as error:
            reasons[name] = f"{METRICS[name].label} is left out: {error}"
    if not names:
        raise sc.SpikecamError("; ".join(reasons.values()))
    for reason in reasons.values():
        say(reason)
    return names, reasons


def score_picture(
    picture: Picture, truth: Picture | None, names: Sequence[str]
) -> dict[str, float]:
    """Scores of a picture by metrics.

    They are NaN for a metric without truth that has no value on this picture, as NIQE on one that
    is small or of one value.

    Raises:
        SpikecamError: as `spikecam.score`, for metrics that compare with the truth.
    """
    with_truth = [name for name in names if METRICS[name].needs_truth]
    values = sc.score(picture, truth, with_truth) if with_truth else {}
    for name in names:
        if name not in values:
            try:
                values |= sc.score(picture, None, [name])
            except sc.OptionError:
                values[name] = float("nan")
    return {name: values[name] for name in names}


def mean_score(values: Sequence[float]) -> float | None:
    """Mean of a metric over pictures; None without any, and where one of them has no value."""
    mean = float(np.mean(values)) if len(values) else float("nan")
    return None if np.isnan(mean) else mean


def _probe(name: str) -> None:
    """Compute a metric of a random picture.

    Raises:
        SpikecamError: its package or its parameters are missing.
    """
    picture = np.random.default_rng(0).random((192, 192, 3), np.float32)
    sc.score(picture, picture if METRICS[name].needs_truth else None, [name])
