"""Samples for SpikeGen: what it is conditioned on at a moment, and what it shall see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from spikecam.data.pairs import Pair
from spikecam.deblurring.refined_picture import load_refiner
from spikecam.errors import FileError, OptionError
from spikecam.generation.inputs import Conditioning, of_both, of_spikes
from spikecam.generation.methods.spikegen import GROUP_FRAMES
from spikecam.gray import as_gray
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture, coloured
from spikecam.scenes.motion import moving_scene
from spikecam.stream import SpikeStream
from spikecam.train.pictures import Pictures, as_sample
from spikecam.train.recorded import RecordedCrops
from spikecam.train.samples import Sample, log_uniform
from spikecam.train.scenes import Cut, SceneConfig, SceneCrops, seen_by_any

# Things in a scene of spikes alone go this far in its frames, in pixels: from, to.
_SPEEDS = 0.5, 24.0


@dataclass(frozen=True)
class MomentConfig:
    """How samples are drawn.

    Attributes:
        frames: of spikes, a multiple of 8.
        alone: share of samples of a picture alone, and as large a share of spikes alone.
        variance: of the ratio g in all others, about 0.5 (SpikeGen 3.2 has 1 in pre-training).
        dense: share of samples of scenes of which there is no picture (dense reconstruction).
    """

    frames: int = 40
    alone: float = 0.12
    variance: float = 0.02
    dense: float = 0.3

    def __post_init__(self) -> None:
        if self.frames < GROUP_FRAMES or self.frames % GROUP_FRAMES:
            raise OptionError(f"frames are a multiple of {GROUP_FRAMES}, not {self.frames}")
        if not (0 <= self.alone <= 0.5 and 0 <= self.dense <= 1):
            raise OptionError("alone is a share up to 0.5, dense one up to 1")
        if not self.variance > 0:
            raise OptionError(f"the variance of g is a number above 0, not {self.variance:g}")


class Moments(Dataset[Sample]):
    """Moments of scenes, with a blurry picture or without: number n is always the same.

    A sample holds ``picture`` (3, h, w) in [0, 1], what is encoded; ``spikes`` uint8 (T, h, w),
    repeated where the picture is finer; ``gain`` and ``mix`` (), g; and ``sharp`` (3, h, w), the
    truth. Where g is 1 that is gray; where it is 0 the picture is the blurry one. In between the
    truth has all its colours, which the picture tells: our choice for fine-tuning.

    Args:
        pairs: of a data set, with sharp pictures; none for dense reconstruction alone. Those with
            the spike camera's light (``synth --light``) are seen by a new sensor every time, others
            as they were recorded.
        pictures: crops of sharp ones, over which motion is simulated, so much larger than those of
            the samples that things can move (`larger`); None for deblurring alone.
        config: how samples are drawn.
        scenes: how sensors and crops are.
        seed: of everything random.
        length: how many there are.
        mix: g of all samples, for judging; None to draw it.

    Raises:
        FileError: as `SceneCrops` and `RecordedCrops`, or a pair with too few frames of spikes.
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
        mix: float | None = None,
    ) -> None:
        if not pairs and pictures is None:
            raise OptionError("give a data set with blurry pictures, or a folder of pictures")
        lit = [pair for pair in pairs if pair.light is not None]
        recorded = [pair for pair in pairs if pair.light is None]
        _check_frames(pairs, config.frames)
        self.pairs = len(lit), len(recorded)
        self.lit = SceneCrops(lit, scenes, seed) if lit else None
        self.recorded = RecordedCrops(recorded, scenes.crop, seed) if recorded else None
        self.pictures, self.config, self.scenes = pictures, config, scenes
        self.seed, self.length, self.mix = seed, length, mix
        self._refiner: Refiner | None = None

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.seed, number, 1))
        dense = rng.random() < self.config.dense
        if not any(self.pairs) or (dense and self.pictures is not None):
            return self._dense(number)
        if self.lit is None or rng.random() * sum(self.pairs) >= self.pairs[0]:
            assert self.recorded is not None
            return self._deblurred(*self.recorded.cut(number))
        cut = self.lit.cut(number)
        return self._deblurred(cut, seen_by_any(cut.light, cut.rng, self.scenes))

    def _deblurred(self, cut: Cut, stream: SpikeStream) -> Sample:
        blur, sharp = cut.pictures[:2]
        mix = self._mix(cut.rng)
        refiner = None
        if 0 < mix < 1:
            # Loaded by each process for itself, once.
            self._refiner = refiner = self._refiner or load_refiner(device="cpu")
        (given,) = of_both(blur, stream, cut.frames[:1], cut.exposure, self.config.frames, refiner)
        return _sample(given, mix, sharp)

    def _dense(self, number: int) -> Sample:
        assert self.pictures is not None
        rng = np.random.default_rng((self.seed, number, 2))
        frames, crop = self.config.frames, self.scenes.crop
        speed = log_uniform(rng, _SPEEDS)
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
        given = of_spikes(stream, frames // 2, frames)
        rate = float(stream.count().mean()) / frames
        # What the sensor makes of light, times what the rates are shown with.
        gain = given.scale * rate / max(float(light.mean()), 1e-4)
        truth = np.clip(light[frames // 2] * np.float32(gain), 0, 1)
        # TFP alone is nothing to learn from.
        return _sample(given, self._mix(rng) or 0.5, truth)

    def _mix(self, rng: np.random.Generator) -> float:
        """g: 0 and 1 now and then, else as `drawn_mix`."""
        if self.mix is not None:
            return self.mix
        lot = rng.random() / max(self.config.alone, 1e-9)
        return float(int(lot)) if lot < 2 else drawn_mix(rng, self.config.variance)


def larger(crop: int) -> int:
    """Side of the pictures over which scenes move: enough that they are not enlarged, or hardly."""
    return 3 * crop // 2 // 8 * 8


def drawn_mix(rng: np.random.Generator, variance: float = 1.0) -> float:
    """A ratio g of the normal distribution of mean 0.5, cut off at 0 and 1 (SpikeGen 3.2)."""
    while True:
        drawn = float(rng.normal(0.5, variance**0.5))
        if 0 <= drawn <= 1:
            return drawn


def _check_frames(pairs: Sequence[Pair], frames: int) -> None:
    """Refuse pairs in which a sharp picture has fewer frames of spikes around it, either way."""
    half = frames // 2
    for pair in pairs:
        length = len(pair.stream())
        for frame in pair.sharp:
            if not half <= frame < length - half:
                raise FileError(
                    f"{pair.spikes} has fewer than {frames} frames around frame {frame}, of which "
                    "there is a sharp picture; choose fewer --frames"
                )


def _sample(given: Conditioning, mix: float, sharp: Picture) -> Sample:
    assert given.spikes is not None
    times = sharp.shape[0] // given.spikes.shape[1]
    truth = as_gray(sharp) if mix == 1 else sharp
    return {
        "picture": as_sample(coloured(given.picture)),
        "spikes": torch.from_numpy(given.spikes.repeat(times, 1).repeat(times, 2)),
        "gain": torch.tensor(given.gain, dtype=torch.float32),
        "mix": torch.tensor(mix, dtype=torch.float32),
        "sharp": as_sample(coloured(truth)),
    }
