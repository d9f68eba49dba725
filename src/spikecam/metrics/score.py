"""`score`: metrics by name, for pictures, sequences and files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from spikecam.encoding import Encoding, parse_encoding
from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.metrics.full_reference import check_and_convert_to_floats
from spikecam.metrics.picture_pairs import (
    Pictures,
    describe_source,
    iter_named_pictures,
    iter_picture_pairs,
)


class Metric(NamedTuple):
    """Declaration of a metric, which is loaded when it is first used.

    Attributes:
        module: where the function of that name is.
        needs_truth: whether it compares with the truth.
        label: its name in sentences.
        better: an arrow to the better end.
        is_of_values: whether it takes any values, such as linear light, and not only pictures as
            they are seen.
    """

    module: str
    needs_truth: bool
    label: str
    better: str
    is_of_values: bool = False

    @property
    def heading(self) -> str:
        """Heading of a column of scores: the label, with an arrow to the better end."""
        return f"{self.label} {self.better}"


_FULL_REFERENCE, _LEARNED = "spikecam.metrics.full_reference", "spikecam.metrics.learned"
METRICS = {
    "psnr": Metric(_FULL_REFERENCE, True, "PSNR", "↑", True),
    "ssim": Metric(_FULL_REFERENCE, True, "SSIM", "↑", True),
    "ssim_s_sdm": Metric(_FULL_REFERENCE, True, "SSIM on [-1, 1]", "↑", True),
    "ms_ssim": Metric(_FULL_REFERENCE, True, "MS-SSIM", "↑", True),
    "colour_error": Metric(_FULL_REFERENCE, True, "colour error", "↓"),
    "lpips": Metric(_LEARNED, True, "LPIPS", "↓"),
    "niqe": Metric(_LEARNED, False, "NIQE", "↓"),
    "brisque": Metric(_LEARNED, False, "BRISQUE", "↓"),
    "liqe": Metric(_LEARNED, False, "LIQE", "↑"),
}
"""Metrics that `score` knows, by name: how each is called, and whether it needs the truth."""
# Default metrics without the truth, and with it.
DEFAULTS = (("niqe", "brisque"), ("psnr", "ssim"))


def score(
    result: Pictures,
    truth: Pictures | None = None,
    metrics: Sequence[str] | None = None,
    *,
    data_range: float = 1.0,
    encoding: str | os.PathLike[str] | Encoding | None = None,
    lpips_weights: Sequence[PathLike] = (),
) -> dict[str, float]:
    """Score pictures: the mean of each metric over the frames.

    Args:
        result: a picture (H, W) or (H, W, 3), array or tensor; a sequence of them; or the path of
            a picture, a video, a folder of pictures, or a pattern with ``*`` in the name.
        truth: the same of what they should be. Files of two folders belong together by the numbers
            at the end of their names, everything else by its order.
        metrics: beside the truth "psnr", "ssim", "ssim_s_sdm" (as in SpikeReveal's tables),
            "ms_ssim", "colour_error", "lpips"; alone "niqe", "brisque", "liqe". By default the
            first two of them.
        data_range: the largest value that there can be; 1 for the pictures of this package and of
            all files. With 1, 8-bit levels (uint8) are divided by 255.
        encoding: score linear light: the curve by which both are decoded, such as "srgb" (see
            `parse_encoding`). By default stored values are scored.
        lpips_weights: files of the weights of "lpips", as `spikecam.lpips` takes them.

    Returns:
        Means by name.

    Raises:
        OptionError: an unknown metric, one that needs the truth where there is none, shapes that
            differ, values outside [0, data_range], another range than 1 for files or light, an
            encoding with a metric of pictures as they are seen.
        FileError: files that are missing, damaged, or on one side alone.
        SpikecamError: a metric whose package is not installed.

    >>> score(np.full((8, 8), 0.75), np.full((8, 8), 0.25), ["ssim"])
    {'ssim': 0.6000639897616381}
    """
    scores = frame_scores(
        result,
        truth,
        metrics,
        data_range=data_range,
        encoding=encoding,
        lpips_weights=lpips_weights,
    )
    return mean_scores([values for _, values in scores])


def frame_scores(
    result: Pictures,
    truth: Pictures | None = None,
    metrics: Sequence[str] | None = None,
    *,
    data_range: float = 1.0,
    encoding: str | os.PathLike[str] | Encoding | None = None,
    lpips_weights: Sequence[PathLike] = (),
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each frame's name and scores.

    Arguments and errors are as for `score`.
    """
    names = check_metrics(metrics, truth is not None)
    curve = None if encoding is None else _parse_score_encoding(encoding, names, data_range)
    functions = {name: getattr(import_module(METRICS[name].module), name) for name in names}
    if lpips_weights and "lpips" in functions:
        functions["lpips"] = partial(functions["lpips"], weights=lpips_weights)
    source = describe_source(result, "the result")
    if data_range != 1 and any(isinstance(side, (str, os.PathLike)) for side in (result, truth)):
        raise OptionError(f"files are read as [0, 1]; leave out the data range {data_range:g}")
    if truth is None:
        frames: Iterator[tuple[str, Any, Any]] = (
            (n, p, None) for n, p in iter_named_pictures(result)
        )
    else:
        frames = iter_picture_pairs(result, truth)
    for frame, *both in frames:
        pictures = [_scale_8_bit_levels(one, data_range) for one in both if one is not None]
        if curve is not None:
            pictures = [curve.decode(check_and_convert_to_floats(p, 1)) for p in pictures]
        values = {}
        for name in names:
            needed = pictures if METRICS[name].needs_truth else pictures[:1]
            try:
                values[name] = functions[name](*needed, data_range=data_range)
            except OptionError as error:
                raise OptionError(f"{source}, frame {frame}: {error}") from error
        yield frame, values


def _parse_score_encoding(
    encoding: str | os.PathLike[str] | Encoding, names: Sequence[str], data_range: float
) -> Encoding:
    """Parse the encoding of pictures whose light is scored, and check that it can be.

    Raises:
        FileError, OptionError: no encoding; a metric of pictures as they are seen; or another range
            than 1.
    """
    for name in names:
        if not METRICS[name].is_of_values:
            raise OptionError(f"{name} is of pictures as they are seen; leave out the encoding")
    if data_range != 1:
        raise OptionError(f"light is decoded of values in [0, 1], not of [0, {data_range:g}]")
    return parse_encoding(encoding)


def _scale_8_bit_levels(picture: Any, data_range: float) -> Any:
    """Scale 8-bit levels to [0, 1] where that is the data range.

    Other pictures stay as they are.
    """
    array = np.asarray(picture)
    if data_range == 1 and array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    return array


def mean_scores(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each metric over frames.

    Raises:
        OptionError: there are no frames.
    """
    if not rows:
        raise OptionError("there are no pictures to score")
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def check_metrics(metrics: Sequence[str] | None, with_truth: bool) -> list[str]:
    """Check names of metrics, and return them.

    Duplicates are dropped; None stands for the defaults.

    Raises:
        OptionError: there is no such metric, or it needs the truth and there is none.
    """
    if metrics is None:
        metrics = DEFAULTS[with_truth]
    if isinstance(metrics, str):
        metrics = [metrics]
    for name in metrics:
        if name not in METRICS:
            raise OptionError(f"no metric {name!r}; known metrics: {', '.join(METRICS)}")
        if METRICS[name].needs_truth and not with_truth:
            alone = ", ".join(n for n, metric in METRICS.items() if not metric.needs_truth)
            raise OptionError(f"{name} compares with the truth; without one there are {alone}")
    if not metrics:
        raise OptionError(f"name one metric at least: {', '.join(METRICS)}")
    return list(dict.fromkeys(metrics))
