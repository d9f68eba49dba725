"""Crops of simulated scenes with their truth, every time with another sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.ratios import Ratios
from spikecam.deblurring.trails import Trails
from spikecam.errors import FileError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import Sensor
from spikecam.stream import SpikeStream
from spikecam.train.pictures import decoded
from spikecam.train.samples import Sample, log_uniform, turned


@dataclass(frozen=True)
class SceneConfig:
    """How samples are drawn from scenes.

    Attributes:
        crop: side of the square pictures, a multiple of 16.
        frames: moments of each.
        thresholds: V_th, drawn evenly on a logarithmic scale between these.
        spurious: share of sensors that fire without light.
        noise: share of sensors with photon and reset noise, and of the refiner's pictures with
            noise.
        patterned: share of sensors with a fixed pattern that is not corrected.
        scales: share of samples in which spikes are a half, and an eighth, as fine as the picture.
        dimmed: share of scenes in less light.
        along: whether samples tell what is seen along the way of things (see `Trails`).
    """

    crop: int = 160
    frames: int = 1
    thresholds: tuple[float, float] = (0.6, 8.0)
    spurious: float = 0.85
    noise: float = 0.25
    patterned: float = 0.2
    scales: float = 0.06
    dimmed: float = 0.3
    along: bool = True

    def __post_init__(self) -> None:
        if self.crop % (4 * PICTURE_SCALE) or self.crop < 64:
            raise OptionError(f"a crop is a multiple of 16 and at least 64, not {self.crop}")
        if self.frames < 1:
            raise OptionError(f"a sample has at least one frame, not {self.frames}")
        if not 0 < self.thresholds[0] <= self.thresholds[1]:
            raise OptionError(f"thresholds are two numbers that rise, not {self.thresholds}")
        for name in ("spurious", "noise", "patterned", "scales", "dimmed"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")


@dataclass(frozen=True)
class Cut:
    """A crop of a scene.

    Attributes:
        light: what the spike camera saw, (T, s, s) in [0, 1].
        pictures: the blurry one, and sharp ones, (1 + F, 4 s, 4 s, 3) in [0, 1].
        exposure: frames (start, stop) of the blurry one.
        frames: those of the sharp ones.
        rng: what else is drawn comes from it.
    """

    light: npt.NDArray[np.float32]
    pictures: npt.NDArray[np.float32]
    exposure: tuple[int, int]
    frames: Sequence[int]
    rng: np.random.Generator


class SceneCrops:
    """Crops of scenes by number, turned, mirrored, backwards and in less light.

    Args:
        pairs: of a data set with sharp films and the spike camera's light (``synth --light``).
        config: how they are drawn.
        seed: of everything random.

    Raises:
        FileError: a data set without such films, or with pictures smaller than a crop.
    """

    def __init__(self, pairs: Sequence[Pair], config: SceneConfig, seed: int) -> None:
        for pair in pairs:
            if pair.light is None or pair.shape is None:
                raise FileError(
                    f"{pair.spikes} has no film of the spike camera beside it; make the data set "
                    "with spikecam synth --light"
                )
            if (least := PICTURE_SCALE * min(pair.shape)) < config.crop:
                raise FileError(
                    f"{pair.blur} is smaller than a crop of {config.crop} pixels; choose one of "
                    f"at most {least // (4 * PICTURE_SCALE) * 4 * PICTURE_SCALE}"
                )
        self.pairs, self.config, self.seed = pairs, config, seed

    def cut(self, number: int) -> Cut:
        """The crop of that number, the same whenever it is asked for."""
        rng = np.random.default_rng((self.seed, number))
        config = self.config
        pair = self.pairs[int(rng.integers(len(self.pairs)))]
        assert pair.exposure is not None
        light = self._light(pair)
        side = config.crop // PICTURE_SCALE
        top, left = (int(rng.integers(n - side + 1)) for n in light.shape[1:])
        here = tuple(slice(PICTURE_SCALE * n, PICTURE_SCALE * (n + side)) for n in (top, left))
        film = np.array(light[:, top : top + side, left : left + side])
        known = sorted(pair.sharp)
        chosen = sorted(rng.choice(known, config.frames, replace=config.frames > len(known)))
        pictures = np.stack(
            [
                self._levels(pair, path)[here]
                for path in (pair.blur, *(pair.sharp[t] for t in chosen))
            ]
        ).astype(np.float32) / np.float32(255)
        exposure = pair.exposure
        if rng.random() < 0.5:
            film = film[::-1]
            exposure = len(film) - exposure[1], len(film) - exposure[0]
            chosen = [len(film) - 1 - t for t in chosen]
        film, pictures = turned([film, pictures], rng)
        light_of = film.astype(np.float32) / np.float32(255)
        if rng.random() < config.dimmed:
            gain = np.float32(rng.uniform(0.3, 1))
            light_of, pictures = light_of * gain, pictures * gain
        return Cut(light_of, pictures, exposure, chosen, rng)

    def _light(self, pair: Pair) -> npt.NDArray[np.uint8]:
        """The film that the spike camera saw, of which only what is used is read."""
        assert pair.light is not None
        assert pair.exposure is not None
        try:
            film: npt.NDArray[np.uint8] = np.load(pair.light, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise FileError(f"{pair.light} is damaged ({error}); make the data set anew") from error
        last = max([*pair.sharp, pair.exposure[1] - 1])
        if film.shape[1:] != pair.shape or film.dtype != np.uint8 or len(film) <= last:
            raise FileError(f"{pair.light} is no film of {pair.spikes}; make the data set anew")
        return film

    def _levels(self, pair: Pair, path: Path | None) -> npt.NDArray[np.uint8]:
        """A picture in levels from 0 to 255, (h, w, 3)."""
        assert path is not None
        assert pair.shape is not None
        levels = decoded(path)
        wanted = tuple(PICTURE_SCALE * side for side in pair.shape)
        if levels.shape[:2] != wanted:
            raise FileError(
                f"{path} is {levels.shape[1]}x{levels.shape[0]}, and its scene is "
                f"{wanted[1]}x{wanted[0]}; make the data set anew"
            )
        return levels


class Scenes(Dataset[Sample]):
    """Samples for the refiner: number n is the same whenever it is asked for.

    Args:
        pairs, config, seed: as for `SceneCrops`.
        length: how many there are.

    Raises:
        FileError: as `SceneCrops`.
    """

    def __init__(
        self, pairs: Sequence[Pair], config: SceneConfig, *, seed: int, length: int
    ) -> None:
        self.crops, self.config, self.length = SceneCrops(pairs, config, seed), config, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        cut = self.crops.cut(number)
        light, pictures, exposure, frames = cut.light, cut.pictures, cut.exposure, cut.frames
        rng = cut.rng
        coarser, smaller = rng.random(2) < self.config.scales
        if coarser:
            light = light.reshape(len(light), light.shape[1] // 2, 2, -1, 2).mean((2, 4))
        stream = seen_by_any(light, rng, self.config)
        ratios = Ratios(stream, exposure)
        maps = [torch.from_numpy(ratios.exposure())]
        maps += [torch.from_numpy(ratios.moment(frame)) for frame in frames]
        colours = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        if smaller:
            halves = functional.avg_pool2d(colours, 2)
            colours = functional.interpolate(halves, scale_factor=2, mode="bicubic").clamp(0, 1)
        blur = colours[0]
        if rng.random() < self.config.noise:
            noise = rng.standard_normal(blur.shape, np.float32) * np.float32(rng.uniform(0, 0.01))
            blur = (blur + torch.from_numpy(noise)).clamp(0, 1)
        sample = {"blur": blur, "sharp": colours[1:]}
        if self.config.along:
            trails = Trails(blur.permute(1, 2, 0).numpy(), ratios)
            along = [[torch.from_numpy(one) for one in trails.along(t)] for t in frames]
            sample["trails"] = torch.stack([seen for seen, _ in along])
            maps += [ways for _, ways in along]
        if coarser:
            maps = [_resized(one, 2) for one in maps]
        count = len(frames) + 1
        sample |= {"exposure": maps[0], "moments": torch.stack(maps[1:count])}
        if self.config.along:
            sample["ways"] = torch.stack(maps[count:])
        return sample


def seen_by_any(
    light: npt.NDArray[np.float32], rng: np.random.Generator, config: SceneConfig
) -> SpikeStream:
    """Spikes of light (T, h, w) by a random sensor, with a fixed pattern now and then."""
    return simulate(
        light,
        draw_sensor(rng, config),
        seed=int(rng.integers(2**31)),
        fpn=FixedPattern.random(light.shape[1:], int(rng.integers(2**31)))
        if rng.random() < config.patterned
        else None,
    )


def draw_sensor(rng: np.random.Generator, config: SceneConfig) -> Sensor:
    """A random sensor."""
    gap = log_uniform(rng, (100, 5000))
    usual = rng.random() < 0.5
    noisy = rng.random() < config.noise
    return Sensor(
        threshold=log_uniform(rng, config.thresholds),
        # Half of those that fire without light do so as often as the field's own simulator.
        spurious_gap=((140, 50) if usual else (gap, gap / 3))
        if rng.random() < config.spurious
        else None,
        photons=log_uniform(rng, (500, 20000)) if noisy else None,
        reset_noise=float(rng.uniform(0, 0.03)) if noisy else 0.0,
    )


def _resized(maps: Tensor, factor: int) -> Tensor:
    return functional.interpolate(maps[None], scale_factor=factor, mode="bicubic")[0]
