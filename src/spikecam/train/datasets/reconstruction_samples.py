"""Samples for networks of a window of spikes: moving scenes, as a random sensor sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from spikecam.sensor.integrate_and_fire import simulate
from spikecam.stream import Span, SpikeStream
from spikecam.train.datasets.configs import ReconstructionSampleConfig
from spikecam.train.datasets.moving_scenes import MovingScenes
from spikecam.train.datasets.random_draws import draw_log_uniform, random_rotate_and_flip
from spikecam.train.datasets.sensors import random_sensor_of_white_rate
from spikecam.train.engine.sampler import Sample


@dataclass(frozen=True)
class NetworkWindow:
    """What a network takes of a recording, and how its input is made of that.

    Attributes:
        frames: that make one picture.
        truth_frames: those whose truth is known, from the first of the window; the picture's is
            the middle one of them.
        read_input: reads the input of the frames (start, stop) of a recording, as a batch of one.
        margin: frames on each side of the window that the input depends on.
    """

    frames: int
    truth_frames: tuple[int, ...]
    read_input: Callable[[SpikeStream, Span], Tensor]
    margin: int = 0


class ReconstructionSamples(Dataset[Sample]):
    """Dataset of crops of moving scenes and of the spikes around a moment.

    Each index is always the same sample. Only the crop is simulated, as it is asked for.

    A sample holds ``inputs``, as the network takes it, but without a batch; ``sharp``
    (N, crop, crop), the firing rates without noise of the window's ``truth_frames``; and ``level``
    (), the rate of white.

    Args:
        scenes: that move; as long as the window.
        config: how sensors are drawn.
        window: what the network takes.
        crop: side of the square crops; those of smaller scenes are as large as these allow.
        crop_unit: sides of crops are multiples of it.
        seed: of everything random.
        length: number of samples.
    """

    def __init__(
        self,
        scenes: MovingScenes,
        config: ReconstructionSampleConfig,
        window: NetworkWindow,
        crop: int,
        crop_unit: int,
        *,
        seed: int,
        length: int,
    ) -> None:
        self.scenes, self.config, self.window = scenes, config, window
        sides = (side // crop_unit * crop_unit for side in scenes.config.size)
        self.crop = min(crop, *sides)
        self.seed, self.length = seed, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        scene = self.scenes.light(index % self.scenes.config.scenes)
        # A scene is another one in reverse.
        if rng.random() < 0.5:
            scene = scene[::-1]
        frames, margin = self.window.frames, self.window.margin
        start = int(rng.integers(len(scene) - frames + 1))
        first = max(0, start - margin)
        top, left = (int(rng.integers(side - self.crop + 1)) for side in scene.shape[1:])
        levels = scene[
            first : start + frames + margin, top : top + self.crop, left : left + self.crop
        ]
        (levels,) = random_rotate_and_flip([levels], rng)
        light = np.divide(levels, np.iinfo(levels.dtype).max, dtype=np.float32, order="C")
        white_rate = draw_log_uniform(rng, self.config.white_rate)
        sensor = random_sensor_of_white_rate(
            rng,
            white_rate,
            noise_prob=self.config.noise_prob,
            spurious_prob=self.config.spurious_prob,
        )
        stream = simulate(light, sensor, seed=int(rng.integers(2**31)))
        start -= first
        sharp = light[[start + frame for frame in self.window.truth_frames]]
        return {
            "inputs": self.window.read_input(stream, (start, start + frames))[0],
            "sharp": torch.from_numpy(sharp * np.float32(white_rate)),
            "level": torch.tensor(white_rate, dtype=torch.float32),
        }
