"""Samples for the refocuser: what spikes tell of an out-of-focus scene, and the scene in focus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from cachetools import LRUCache
from torch.utils.data import Dataset

from spikecam.errors import FileError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import as_gray
from spikecam.io.pictures import picture_size
from spikecam.picture import Picture
from spikecam.reconstruction.clues import clues
from spikecam.reconstruction.integrations import LEAST, integrations
from spikecam.scenes.defocus import defocus_scene
from spikecam.scenes.depth import random_inverse_depth
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import Sensor
from spikecam.train.charts import charted
from spikecam.train.pictures import Pictures, decoded
from spikecam.train.samples import Sample, log_uniform, turned

# The scene goes on so far around a crop, in pixels: what lies there is blurred into it.
MARGIN = 16
# How far the camera drifts at most in those samples in which it does.
_DRIFT = 6.0
# Settings that are shares of scenes or sensors.
SHARES = ("sharp", "soft", "charts", "points", "noise", "spurious", "patterned", "drifting")
# Standard deviations of softness in pixels, and factors of enlarging, from and to.
_SOFT, _LARGER = (0.4, 5.0), (1.2, 4.0)
# Points in a scene at most.
_POINTS = 100
# Maps of what spikes tell, the truth, frames and level.
Scene = tuple[npt.NDArray[np.float16], npt.NDArray[np.float16], int, float]
# Of scenes that a process keeps: more than 13000 of them, of the usual size.
_HELD_BYTES = 4 << 30


@dataclass(frozen=True)
class FocusConfig:
    """How samples are drawn.

    Attributes:
        crop: side of the square pictures, a multiple of 8.
        frames: that are integrated, from and to; an odd number is drawn, evenly on a logarithmic
            scale.
        radius: of the largest disc in a scene, in pixels, up to which it is drawn.
        levels: spikes that white fires a frame, from and to, on a logarithmic scale; beyond 1 it
            is saturated.
        sharp: share of scenes in focus.
        soft: share of scenes that are soft in focus, too; not of pairs.
        charts: share of scenes under charts: waves, bars, stars, clouds; not of pairs.
        points: share of scenes with lights and dark spots of single pixels; not of pairs.
        noise: share of sensors with photon and reset noise.
        spurious: share of sensors that fire without light.
        patterned: share of sensors with a fixed pattern; of two thirds of them it is known.
        drifting: share of scenes over which the camera drifts.
        scenes: how many there are; when one comes again, it is turned or mirrored another way.
    """

    crop: int = 160
    frames: tuple[int, int] = (51, 401)
    radius: float = 12.0
    levels: tuple[float, float] = (0.02, 1.3)
    sharp: float = 0.3
    soft: float = 0.25
    charts: float = 0.15
    points: float = 0.15
    noise: float = 0.5
    spurious: float = 0.6
    patterned: float = 0.3
    drifting: float = 0.15
    scenes: int = 6000

    def __post_init__(self) -> None:
        if self.crop % 8 or self.crop < 64:
            raise OptionError(f"a crop is a multiple of 8 and at least 64, not {self.crop}")
        low, high = self.odd
        if not LEAST <= self.frames[0] <= self.frames[1] or low > high:
            raise OptionError(
                f"frames are two numbers from {LEAST} on that rise, with an odd one from the first "
                f"to the second, not {self.frames}"
            )
        if not 0 <= self.radius <= MARGIN:
            raise OptionError(f"a radius is from 0 to {MARGIN} pixels, not {self.radius}")
        if not 0 < self.levels[0] <= self.levels[1] < np.inf:
            raise OptionError(f"levels are two numbers above 0 that rise, not {self.levels}")
        if self.scenes < 1:
            raise OptionError(f"there is at least one scene, not {self.scenes}")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")

    @property
    def odd(self) -> tuple[int, int]:
        """The lowest and the highest odd number of frames."""
        return self.frames[0] | 1, self.frames[1] - 1 | 1


class Focus(Dataset[Sample]):
    """Scenes out of focus: number n is the same whenever it is asked for.

    A sample holds `clues`, as `Refocuser` takes them; ``sharp`` (1, crop, crop), the rates of the
    scene in focus; and ``level`` (), the rate of white.

    Args:
        pictures: sharp ones, `MARGIN` larger than the crop on every side, over which defocus is
            simulated; None for none.
        pairs: of an out-of-focus and a sharp picture, which were taken so (`read_dpdd`).
        config: how samples are drawn.
        seed: of everything random.
        length: how many there are.
    """

    def __init__(
        self,
        pictures: Pictures | None,
        pairs: Sequence[tuple[Path, Path]],
        config: FocusConfig,
        *,
        seed: int,
        length: int,
    ) -> None:
        self.pictures, self.pairs, self.config = pictures, list(pairs), config
        self.seed, self.length = seed, length
        # Simulation takes far longer than a step: scenes are kept, by each process for itself.
        self._held: LRUCache[int, Scene] = LRUCache(
            _HELD_BYTES, getsizeof=lambda scene: scene[0].nbytes + scene[1].nbytes
        )

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        maps, scene, frames, level = self._scene(number % self.config.scenes)
        rng = np.random.default_rng((self.seed, number))
        rates, truth = (one.astype(np.float32, order="C") for one in turned([maps, scene], rng))
        return {
            **clues(rates, frames),
            "sharp": torch.from_numpy(truth),
            "level": torch.tensor(level, dtype=torch.float32),
        }

    def _scene(self, number: int) -> Scene:
        """What spikes tell of a scene, the scene in focus, frames and level; kept in memory."""
        if number not in self._held:
            self._held[number] = self._made(number)
        return self._held[number]

    def _made(self, number: int) -> Scene:
        config = self.config
        rng = np.random.default_rng((self.seed, number, 3))
        # Pictures of either kind are drawn as often as there are of it.
        known = 0 if self.pictures is None else len(self.pictures.paths)
        if self.pictures is None or rng.random() * (known + len(self.pairs)) >= known:
            blurry, sharp = self._taken(rng)
            if rng.random() < config.sharp:
                blurry = sharp
        else:
            sharp = self._shown(as_gray(self.pictures.picture(number)), rng)
            blurry = self._blurred(sharp, rng)
        low, high = config.odd
        frames = 2 * int(log_uniform(rng, (low / 2, high / 2))) + 1
        film, sharp = self._film(blurry, sharp, frames, rng)
        level = log_uniform(rng, config.levels)
        pattern = None
        if rng.random() < config.patterned:
            pattern = FixedPattern.random(sharp.shape, int(rng.integers(2**31)))
        stream = simulate(
            film, draw_sensor(rng, config, level), seed=int(rng.integers(2**31)), fpn=pattern
        )
        truth = np.minimum(sharp * np.float32(level), 1)
        if pattern is not None and rng.random() < 1 / 3:
            # Nobody knows of the pattern: then the truth is what a usual pixel makes of the light.
            truth, pattern = usual(pattern).distort(truth), None
        rates = integrations(stream, frames // 2, frames, fpn=pattern)
        # Half floats tell rates to a thousandth of themselves, far below their noise.
        return rates.astype(np.float16), truth[None].astype(np.float16), frames, level

    def _shown(self, sharp: Picture, rng: np.random.Generator) -> Picture:
        """The picture, or as it may be, too: soft, under a chart, or with points of light."""
        if rng.random() < self.config.soft:
            sharp = softened(sharp, rng)
        if rng.random() < self.config.charts:
            sharp = charted(sharp, rng)
        if rng.random() < self.config.points:
            count = int(rng.integers(1, _POINTS + 1))
            places = tuple(rng.integers(0, sharp.shape, (count, 2)).T)
            sharp = sharp.copy()
            sharp[places] = rng.random(count) ** rng.uniform(0.2, 5)
        return sharp

    def _blurred(self, sharp: Picture, rng: np.random.Generator) -> Picture:
        """The picture as an out-of-focus lens sees it, at made-up depths."""
        if rng.random() < self.config.sharp:
            return sharp
        near = random_inverse_depth(sharp.shape, seed=int(rng.integers(2**31)))
        focus = float(rng.uniform(-0.2, 1.2))
        farthest = max(float(np.abs(near - np.float32(focus)).max()), 1e-3)
        # Small discs are seen most, and hardest to tell from one another.
        radius = self.config.radius * float(rng.random()) ** 1.5
        return defocus_scene(sharp, near, focus=focus, strength=radius / farthest)

    def _taken(self, rng: np.random.Generator) -> tuple[Picture, Picture]:
        """A crop of a pair with its margin, in gray."""
        side = self.config.crop + 2 * MARGIN
        paths = self.pairs[int(rng.integers(len(self.pairs)))]
        blurry, sharp = (decoded(path) for path in paths)
        top, left = (int(rng.integers(n - side + 1)) for n in sharp.shape[:2])
        here = slice(top, top + side), slice(left, left + side)
        both = np.stack([blurry[here], sharp[here]]).astype(np.float32) / np.float32(255)
        (held,) = turned([both], rng)
        return as_gray(held[0]), as_gray(held[1])

    def _film(
        self, blurry: Picture, sharp: Picture, frames: int, rng: np.random.Generator
    ) -> tuple[Iterator[Picture], Picture]:
        """What the sensor sees, and the truth in the middle."""
        inside = slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN)
        if rng.random() >= self.config.drifting:
            still = np.ascontiguousarray(blurry[inside])
            return (still for _ in range(frames)), sharp[inside]
        drift = rng.uniform(-_DRIFT, _DRIFT, 2)
        return (
            shifted(blurry, drift * (t / max(frames - 1, 1) - 0.5))[inside] for t in range(frames)
        ), sharp[inside]


def check_pairs(pairs: Sequence[tuple[Path, Path]], side: int) -> None:
    """Refuse pairs that no crop of this side can be taken of.

    Raises:
        FileError: the two pictures of a pair differ in size, or are smaller.
    """
    for blurry, sharp in pairs:
        size, other = picture_size(blurry), picture_size(sharp)
        if size != other or min(size) < side:
            raise FileError(
                f"{blurry} and {sharp} are not of one size of at least {side}x{side} pixels; "
                "remove the pair, or choose a smaller --crop"
            )


def softened(sharp: Picture, rng: np.random.Generator) -> Picture:
    """A picture that is soft as photographs are: enlarged, or blurred but for some of its detail.

    What is soft by itself is told from what is out of focus by the frequencies that discs take
    away, not by how steeply all of them fall: so they fall in many ways.
    """
    height, width = sharp.shape
    if rng.random() < 0.5:
        factor = log_uniform(rng, _LARGER)
        part = sharp[: round(height / factor), : round(width / factor)]
        kind = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
        soft = np.asarray(cv2.resize(part, (width, height), interpolation=kind), np.float32)
    else:
        wide = log_uniform(rng, _SOFT)
        # Of most, little is left: as of the grain of a film.
        left = np.float32(rng.random() ** 3)
        soft = left * sharp + (1 - left) * cv2.GaussianBlur(sharp, (0, 0), wide)
    return np.clip(soft, 0, 1)


def shifted(picture: Picture, by: npt.NDArray[np.float64]) -> Picture:
    """A picture moved by pixels (x, y), mirrored beyond its border."""
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]])
    size = picture.shape[1], picture.shape[0]
    moved = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.float32)


def usual(pattern: FixedPattern) -> FixedPattern:
    """A pattern whose every pixel is as the median one."""
    offset, gain, deviation = (
        np.full_like(one, np.median(one))
        for one in (pattern.offset, pattern.gain, pattern.deviation)
    )
    return FixedPattern.from_maps(offset, gain, deviation, pattern.lux)


def draw_sensor(rng: np.random.Generator, config: FocusConfig, level: float) -> Sensor:
    """A random sensor in which white fires ``level`` spikes a frame."""
    noisy = rng.random() < config.noise
    gap = log_uniform(rng, (140, 5000))
    return Sensor(
        gain=level,
        photons=log_uniform(rng, (100, 20000)) if noisy else None,
        reset_noise=float(rng.uniform(0, 0.05)) if noisy else 0.0,
        spurious_gap=(gap, gap / 3) if rng.random() < config.spurious else None,
    )
