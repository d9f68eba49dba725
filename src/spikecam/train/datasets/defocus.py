"""Samples for the refocuser: spikes of an out-of-focus scene, and the scene in focus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from cachetools import LRUCache
from torch.utils.data import Dataset

from spikecam.errors import FileError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import as_gray
from spikecam.io.pictures import picture_size
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.picture import Picture
from spikecam.reconstruction.refocuser_input import RefocuserInput
from spikecam.scenes.defocus import defocus_scene
from spikecam.scenes.depth import random_inverse_depth
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.train.datasets.charts import add_chart
from spikecam.train.datasets.configs import DEFOCUS_MARGIN_PIXELS as MARGIN
from spikecam.train.datasets.configs import DefocusConfig
from spikecam.train.datasets.pictures import PictureCrops, read_levels_cached
from spikecam.train.datasets.random_draws import draw_log_uniform, random_rotate_and_flip
from spikecam.train.datasets.sensors import random_sensor_of_white_rate
from spikecam.train.engine.sampler import Sample

# How far the camera drifts at most in those samples in which it does.
_DRIFT_PIXELS = 6.0
# Ranges of the standard deviation of softness in pixels, and of factors of enlarging.
_SOFT_PIXELS, _ENLARGING = (0.4, 5.0), (1.2, 4.0)
# Points in a scene at most.
_MAX_POINTS = 100
# Scenes that a process keeps: more than 13000 of them, of the usual size.
_CACHE_BYTES = 4 << 30
# Rates over several windows, the truth, frames of the longest window, and the rate of white.
Scene = tuple[npt.NDArray[np.float16], npt.NDArray[np.float16], int, float]


class DefocusSamples(Dataset[Sample]):
    """Dataset of scenes out of focus, for the refocuser.

    Each index is always the same sample.

    A sample holds `RefocuserInput.features`, as `Refocuser` takes them; ``sharp`` (1, crop, crop),
    the rates of the scene in focus; and ``level`` (), the rate of white.

    Args:
        pictures: sharp ones, `DEFOCUS_MARGIN_PIXELS` larger than the crop on every side, over which
            defocus is simulated; None for none.
        pairs: of an out-of-focus and a sharp picture, which were taken so (`read_dpdd`).
        config: how samples are drawn.
        seed: of everything random.
        length: number of samples.
        input_config: constants of the network's input.
    """

    def __init__(
        self,
        pictures: PictureCrops | None,
        pairs: Sequence[tuple[Path, Path]],
        config: DefocusConfig,
        *,
        seed: int,
        length: int,
        input_config: RefocuserInputConfig | None = None,
    ) -> None:
        self.inputs = RefocuserInput(input_config)
        self.pictures, self.pairs, self.config = pictures, list(pairs), config
        self.seed, self.length = seed, length
        # Simulation takes far longer than a step: scenes are kept, by each process for itself.
        self._cache: LRUCache[int, Scene] = LRUCache(
            _CACHE_BYTES, getsizeof=lambda scene: scene[0].nbytes + scene[1].nbytes
        )

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        maps, scene, frames, level = self._cached_scene(index % self.config.scenes)
        rng = np.random.default_rng((self.seed, index))
        rates, truth = (
            one.astype(np.float32, order="C") for one in random_rotate_and_flip([maps, scene], rng)
        )
        return {
            **self.inputs.tensors_from_rates(rates, frames),
            "sharp": torch.from_numpy(truth),
            "level": torch.tensor(level, dtype=torch.float32),
        }

    def _cached_scene(self, number: int) -> Scene:
        """The scene of this number, kept in memory."""
        if number not in self._cache:
            self._cache[number] = self._make_scene(number)
        return self._cache[number]

    def _make_scene(self, number: int) -> Scene:
        config = self.config
        rng = np.random.default_rng((self.seed, number, 3))
        # Pictures of either kind are drawn as often as there are of it.
        count = 0 if self.pictures is None else len(self.pictures.paths)
        if self.pictures is None or rng.random() * (count + len(self.pairs)) >= count:
            blurry, sharp = self._random_pair_crop(rng)
            if rng.random() < config.focus_prob:
                blurry = sharp
        else:
            sharp = self._random_variation(as_gray(self.pictures.crop_picture(number)), rng)
            blurry = self._random_defocus(sharp, rng)
        low, high = config.odd_window_range
        frames = 2 * int(draw_log_uniform(rng, (low / 2, high / 2))) + 1
        light_frames, sharp = self._drifting_frames(blurry, sharp, frames, rng)
        level = draw_log_uniform(rng, config.white_rate)
        pattern = None
        if rng.random() < config.fpn_prob:
            pattern = FixedPattern.random(sharp.shape, int(rng.integers(2**31)))
        stream = simulate(
            light_frames,
            random_sensor_of_white_rate(
                rng, level, noise_prob=config.noise_prob, spurious_prob=config.spurious_prob
            ),
            seed=int(rng.integers(2**31)),
            fpn=pattern,
        )
        truth = np.minimum(sharp * np.float32(level), 1)
        if pattern is not None and rng.random() < 1 / 3:
            # The pattern is unknown: then the truth is what a median pixel makes of the light.
            truth, pattern = pattern_of_median_pixel(pattern).distort(truth), None
        rates = self.inputs.rates(stream, frames // 2, frames, fpn=pattern)
        # Half floats hold rates to a thousandth of themselves, far below their noise.
        return rates.astype(np.float16), truth[None].astype(np.float16), frames, level

    def _random_variation(self, sharp: Picture, rng: np.random.Generator) -> Picture:
        """Vary a picture at random.

        It is softened, or a chart or points of light are added.
        """
        if rng.random() < self.config.soft_prob:
            sharp = soften(sharp, rng)
        if rng.random() < self.config.chart_prob:
            sharp = add_chart(sharp, rng)
        if rng.random() < self.config.point_prob:
            count = int(rng.integers(1, _MAX_POINTS + 1))
            places = tuple(rng.integers(0, sharp.shape, (count, 2)).T)
            sharp = sharp.copy()
            sharp[places] = rng.random(count) ** rng.uniform(0.2, 5)
        return sharp

    def _random_defocus(self, sharp: Picture, rng: np.random.Generator) -> Picture:
        """Blur a picture by defocus at random depths."""
        if rng.random() < self.config.focus_prob:
            return sharp
        inverse_depth = random_inverse_depth(sharp.shape, seed=int(rng.integers(2**31)))
        focus = float(rng.uniform(-0.2, 1.2))
        farthest = max(float(np.abs(inverse_depth - np.float32(focus)).max()), 1e-3)
        # Small discs are the most common, and the hardest to tell from one another.
        radius = self.config.radius * float(rng.random()) ** 1.5
        return defocus_scene(sharp, inverse_depth, focus=focus, strength=radius / farthest)

    def _random_pair_crop(self, rng: np.random.Generator) -> tuple[Picture, Picture]:
        """Draw a gray crop of a random pair: out of focus, and sharp."""
        side = self.config.crop + 2 * MARGIN
        paths = self.pairs[int(rng.integers(len(self.pairs)))]
        blurry, sharp = (read_levels_cached(path) for path in paths)
        top, left = (int(rng.integers(n - side + 1)) for n in sharp.shape[:2])
        window = slice(top, top + side), slice(left, left + side)
        both = np.stack([blurry[window], sharp[window]]).astype(np.float32) / np.float32(255)
        (pair,) = random_rotate_and_flip([both], rng)
        return as_gray(pair[0]), as_gray(pair[1])

    def _drifting_frames(
        self, blurry: Picture, sharp: Picture, frames: int, rng: np.random.Generator
    ) -> tuple[Iterator[Picture], Picture]:
        """Light of each frame while the camera drifts, and the sharp truth.

        At times it stands still.
        """
        inside = slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN)
        if rng.random() >= self.config.drift_prob:
            still = np.ascontiguousarray(blurry[inside])
            return (still for _ in range(frames)), sharp[inside]
        drift = rng.uniform(-_DRIFT_PIXELS, _DRIFT_PIXELS, 2)
        return (
            translate(blurry, drift * (t / max(frames - 1, 1) - 0.5))[inside] for t in range(frames)
        ), sharp[inside]


def check_pair_sizes(pairs: Sequence[tuple[Path, Path]], side: int) -> None:
    """Refuse pairs whose pictures differ in size, or are smaller than a crop.

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


def soften(sharp: Picture, rng: np.random.Generator) -> Picture:
    """Soften a picture at random, as photographs are soft.

    It is enlarged, or blurred in part.

    Softness differs from defocus by the frequencies that discs take away, not by how steeply all of
    them fall: so here they fall in many ways.
    """
    height, width = sharp.shape
    if rng.random() < 0.5:
        factor = draw_log_uniform(rng, _ENLARGING)
        part = sharp[: round(height / factor), : round(width / factor)]
        kind = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
        soft = np.asarray(cv2.resize(part, (width, height), interpolation=kind), np.float32)
    else:
        sigma = draw_log_uniform(rng, _SOFT_PIXELS)
        # Little remains of most detail, as of the grain of photographic film.
        detail = np.float32(rng.random() ** 3)
        soft = detail * sharp + (1 - detail) * cv2.GaussianBlur(sharp, (0, 0), sigma)
    return np.clip(soft, 0, 1)


def translate(picture: Picture, offset: npt.NDArray[np.float64]) -> Picture:
    """Translate a picture by (x, y) pixels, mirrored beyond its border."""
    matrix = np.array([[1, 0, offset[0]], [0, 1, offset[1]]])
    size = picture.shape[1], picture.shape[0]
    moved = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.float32)


def pattern_of_median_pixel(pattern: FixedPattern) -> FixedPattern:
    """A fixed pattern all of whose pixels are the median pixel of another one."""
    offset, gain, deviation = (
        np.full_like(one, np.median(one))
        for one in (pattern.offset, pattern.gain, pattern.deviation)
    )
    return FixedPattern.from_maps(
        offset, gain, deviation, pattern.lux, dead_frame=pattern.dead_frame
    )
