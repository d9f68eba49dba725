"""Pictures of every method by situation, light, motion and focus, on scikit-image photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage import data

import spikecam as sc
from spikecam.bench.affine_fit import apply_best_gain_and_offset
from spikecam.bench.metric_availability import NATURALNESS_METRICS, mean_score, score_picture
from spikecam.gray import as_gray
from spikecam.reconstruction.method_choice import AUTO

_PHOTOS = ("astronaut", "chelsea", "coffee")
METRIC_NAMES = ("psnr", *NATURALNESS_METRICS)
_SIZE, _FRAMES = (160, 224), 161
# Photons to a threshold, the reset's scatter, and gaps between spurious spikes.
_NOISE: dict[str, Any] = {"photons": 2000.0, "reset_noise": 0.01, "spurious_gap": (1000, 300)}


@dataclass(frozen=True)
class Situation:
    """How a photograph is recorded.

    Attributes:
        name: in words, for tables.
        light: spikes of white to a frame.
        speed: pixels that it moves in the recording, on average.
        radius: mean radius of the discs of points out of focus, in pixels.
    """

    name: str
    light: float = 0.6
    speed: float = 0.0
    radius: float = 0.0


SITUATIONS = (
    Situation("bright, still"),
    Situation("bright, slow", speed=10),
    Situation("bright, fast", speed=80),
    Situation("dark, still", light=0.06),
    Situation("dark, fast", light=0.06, speed=80),
    Situation("out of focus", radius=2),
)
# Methods with their options, by label; the last is what is chosen without a method.
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "tfp": ("tfp", {}),
    "tfp --window 129": ("tfp", {"window": 129}),
    "tfi": ("tfi", {}),
    "tfi --window 17": ("tfi", {"window": 17}),
    "tfi --window 129": ("tfi", {"window": 129}),
    "tfstp": ("tfstp", {}),
    "aligned": ("aligned", {}),
    "lsq": ("lsq", {}),
    "fusion": ("fusion", {}),
    "fusion --weights fusion-small": ("fusion", {"weights": "fusion-small"}),
    "defocus --window 25": ("defocus", {"window": 25}),
    "defocus": ("defocus", {}),
    "without --method": (AUTO, {}),
}


def count_photos(limit: int | None) -> int:
    """How many photographs there are, at most ``limit``."""
    return len(_PHOTOS[:limit])


def record_situation(
    situation: Situation, photo_index: int
) -> tuple[sc.SpikeStream, npt.NDArray[np.float32]]:
    """Simulate a recording of a photograph; returns it with the true picture of its middle."""
    photo = getattr(data, _PHOTOS[photo_index])()
    scene = sc.moving_scene(
        photo,
        size=_SIZE,
        frames=_FRAMES,
        exposure=(0, _FRAMES),
        speed=situation.speed,
        seed=photo_index,
    )
    light = [as_gray(frame) for frame in scene]
    truth = light[_FRAMES // 2]
    if situation.radius:
        near = sc.random_inverse_depth(_SIZE, seed=photo_index)
        strength = situation.radius / float(np.abs(near - np.float32(0.5)).mean())
        light = [sc.defocus_scene(truth, near, focus=0.5, strength=strength)] * _FRAMES
    sensor = sc.Sensor(gain=situation.light, **_NOISE)
    return sc.simulate(light, sensor, seed=photo_index), truth


def iter_scores(
    metrics: Sequence[str],
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[tuple[Situation, dict[str, dict[str, float | None]], str]]:
    """Iterate over situations, with the mean scores of each method and what was chosen.

    Scores are by label, and by metric.

    Args:
        metrics: names of `METRICS`, with "psnr".
        limit: how many photographs, from the first.
        say: takes a line of progress.
    """
    for situation in SITUATIONS:
        scores: dict[str, list[dict[str, float]]] = {label: [] for label in METHODS}
        choices: list[str] = []
        for index in range(count_photos(limit)):
            stream, truth = record_situation(situation, index)
            choice = sc.choose_method(stream, [_FRAMES // 2])
            choices.append(" ".join([choice.method, *map(str, choice.options.values())]))
            for label, (method, options) in METHODS.items():
                picture = sc.reconstruct(stream, _FRAMES // 2, method, **options)
                fitted = apply_best_gain_and_offset(picture, truth)
                scores[label].append(score_picture(fitted, truth, metrics))
        means = {
            label: {name: mean_score([one[name] for one in values]) for name in metrics}
            for label, values in scores.items()
        }
        say(f"{situation.name}: " + ", ".join(f"{k} {v['psnr']:.1f}" for k, v in means.items()))
        yield situation, means, ", ".join(dict.fromkeys(choices))
