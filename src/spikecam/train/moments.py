"""Samples for SpikeGen: what it is shown of a moment, and what it shall see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from spikecam.camera.light import as_gray
from spikecam.camera.motion import moving_scene
from spikecam.data.layouts import Pair
from spikecam.errors import OptionError
from spikecam.generation.inputs import LEAST, Shown, of_both, of_spikes
from spikecam.picture import Picture
from spikecam.train.pictures import Pictures, as_sample
from spikecam.train.samples import Sample
from spikecam.train.scenes import Cut, SceneConfig, SceneCrops, seen_by_any

# Things in a scene of spikes alone go this far in its frames, in pixels: from, to.
_SPEEDS = 0.5, 24.0


@dataclass(frozen=True)
class MomentConfig:
    """How samples are drawn.

    Attributes:
        frames: of spikes, a multiple of 8.
        alone: share of samples of a picture alone, and as large a share of spikes alone.
        variance: of the ratio g in all others, about 0.5 (SpikeGen 3.2 has 1).
        dense: share of samples of scenes of which there is no picture (dense reconstruction).
    """

    frames: int = 24
    alone: float = 0.12
    variance: float = 0.02
    dense: float = 0.3

    def __post_init__(self) -> None:
        if self.frames < LEAST or self.frames % LEAST:
            raise OptionError(f"frames are a multiple of {LEAST}, not {self.frames}")
        if not (0 <= self.alone <= 0.5 and 0 <= self.dense <= 1):
            raise OptionError("alone is a share up to 0.5, dense one up to 1")
        if not self.variance > 0:
            raise OptionError(f"the variance of g is a number above 0, not {self.variance:g}")


class Moments(Dataset[Sample]):
    """Moments of scenes, with a blurry picture or without: number n is always the same.

    A sample holds ``picture`` (3, h, w) in [0, 1], what is encoded; ``spikes`` uint8 (T, h, w),
    repeated where the picture is finer; ``gain`` and ``mix`` (), g; and ``sharp`` (3, h, w), the
    truth, which is gray where spikes are alone.

    Args:
        pairs: of a data set with sharp films and the spike camera's light; none for dense
            reconstruction alone.
        pictures: crops of sharp ones, over which motion is simulated; None for deblurring alone.
        config: how samples are drawn.
        scenes: how sensors and crops are.
        seed: of everything random.
        length: how many there are.

    Raises:
        FileError: as `SceneCrops`.
        OptionError: neither pairs nor pictures.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        pictures: Pictures | None,
        config: MomentConfig,
        scenes: SceneConfig,
        *,
        seed: int,
        length: int,
    ) -> None:
        if not pairs and pictures is None:
            raise OptionError("give a data set with blurry pictures, or a folder of pictures")
        self.crops = SceneCrops(pairs, scenes, seed) if pairs else None
        self.pictures, self.config, self.scenes = pictures, config, scenes
        self.seed, self.length = seed, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        dense = np.random.default_rng((self.seed, number, 1)).random() < self.config.dense
        if self.crops is None or (dense and self.pictures is not None):
            return self._dense(number)
        return self._deblurred(self.crops.cut(number))

    def _deblurred(self, cut: Cut) -> Sample:
        rng, config = cut.rng, self.config
        stream = seen_by_any(cut.light, rng, self.scenes)
        blur, sharp = cut.pictures[:2]
        shown = of_both(blur, stream, cut.frames[0], cut.exposure, config.frames)
        mix = self._mix(rng)
        if mix == 0:
            shown = Shown(blur, shown.spikes, shown.gain, 1.0)
        return _sample(shown, mix, sharp)

    def _dense(self, number: int) -> Sample:
        assert self.pictures is not None
        rng = np.random.default_rng((self.seed, number, 2))
        frames, crop = self.config.frames, self.pictures.crop
        speed = float(np.exp(rng.uniform(*np.log(_SPEEDS))))
        photos = [self.pictures.picture(number + i) for i in range(1 + (rng.random() < 0.4))]
        film = moving_scene(
            photos[0],
            size=(crop, crop),
            frames=frames,
            exposure=(0, frames),
            speed=min(speed, crop / 2),
            foregrounds=photos[1:],
            seed=int(rng.integers(2**31)),
        )
        light = np.stack([as_gray(frame) for frame in film])
        light *= np.float32(rng.uniform(0.4, 1))
        stream = seen_by_any(light, rng, self.scenes)
        shown = of_spikes(stream, frames // 2, frames)
        rate = float(stream.count().mean()) / frames
        # What the sensor makes of light, times what the rates are shown with.
        gain = shown.scale * rate / max(float(light.mean()), 1e-4)
        truth = np.clip(light[frames // 2] * np.float32(gain), 0, 1)
        mix = self._mix(rng) or 0.5
        return _sample(shown, mix, truth)

    def _mix(self, rng: np.random.Generator) -> float:
        """g: 0 and 1 now and then, else as `drawn_mix`."""
        lot = rng.random() / max(self.config.alone, 1e-9)
        return float(int(lot)) if lot < 2 else drawn_mix(rng, self.config.variance)


def drawn_mix(rng: np.random.Generator, variance: float = 1.0) -> float:
    """A ratio g of the normal distribution of mean 0.5, cut off at 0 and 1 (SpikeGen 3.2)."""
    while True:
        drawn = float(rng.normal(0.5, variance**0.5))
        if 0 <= drawn <= 1:
            return drawn


def _sample(shown: Shown, mix: float, sharp: Picture) -> Sample:
    assert shown.spikes is not None
    times = sharp.shape[0] // shown.spikes.shape[1]
    truth = as_gray(sharp) if mix == 1 else sharp
    return {
        "picture": as_sample(_coloured(shown.picture)),
        "spikes": torch.from_numpy(shown.spikes.repeat(times, 1).repeat(times, 2)),
        "gain": torch.tensor(shown.gain, dtype=torch.float32),
        "mix": torch.tensor(mix, dtype=torch.float32),
        "sharp": as_sample(_coloured(truth)),
    }


def _coloured(picture: Picture) -> Picture:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
