"""Samples for the fusion network: moments of moving scenes, as a random sensor sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from spikecam.fixed_pattern import FixedPattern
from spikecam.io.atomic import atomic_path
from spikecam.networks.configs.fusion import FusionInputConfig
from spikecam.reconstruction.fusion_input import FusionInput, FusionMaps
from spikecam.reconstruction.motion_span import read_motion_span, reference_of_frame
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.train.datasets.configs import CROP_UNIT, FusionSampleConfig
from spikecam.train.datasets.defocus import pattern_of_median_pixel
from spikecam.train.datasets.moving_scenes import MovingScenes
from spikecam.train.datasets.random_draws import draw_log_uniform, random_rotate_and_flip
from spikecam.train.datasets.sensors import random_sensor_of_white_rate
from spikecam.train.engine.sampler import Sample

Halves = npt.NDArray[np.float16]


class FusionSamples(Dataset[Sample]):
    """Dataset of moments of moving scenes, for the fusion network.

    Each index is always the same sample. Preparing a moment takes longer than a step: its maps are
    kept in a folder, where whoever needs them first writes them.

    A sample holds ``pictures`` (P, crop, crop) and ``maps`` (M, crop / 2, crop / 2) as `Fusion`
    takes them; ``sharp`` (1, crop, crop), the firing rate without noise in the same scale; and
    ``level`` (), what white is in it.

    Args:
        scenes: that move.
        config: how samples are drawn.
        folder: where maps are kept.
        seed: of everything random.
        length: number of samples.
        input_config: constants of the network's input.
    """

    def __init__(
        self,
        scenes: MovingScenes,
        config: FusionSampleConfig,
        folder: Path,
        *,
        seed: int,
        length: int,
        input_config: FusionInputConfig | None = None,
    ) -> None:
        self.scenes, self.config, self.folder = scenes, config, folder
        self.seed, self.length = seed, length
        self.inputs = FusionInput(input_config)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        pictures, maps, sharp, (white, level) = self._cached_moment(index % self.config.moments)
        rng = np.random.default_rng((self.seed, index))
        planes = np.concatenate([pictures, maps, sharp])
        side = min(self.config.crop, *(n // CROP_UNIT * CROP_UNIT for n in planes.shape[1:]))
        top, left = (int(rng.integers(n - side + 1)) for n in planes.shape[1:])
        planes = planes[:, top : top + side, left : left + side]
        (planes,) = random_rotate_and_flip([planes], rng)
        planes = np.ascontiguousarray(planes).astype(np.float32)
        count = len(pictures)
        tensors = FusionMaps(planes[:count], planes[count:-1], float(white)).tensors()
        return {
            "pictures": tensors[0][0],
            "maps": tensors[1][0],
            "sharp": torch.from_numpy(planes[-1:]) / float(white),
            "level": torch.tensor(float(level) / float(white), dtype=torch.float32),
        }

    def _cached_moment(self, number: int) -> tuple[Halves, Halves, Halves, Halves]:
        path = self.folder / f"{number:06d}.npz"
        if not path.exists():
            arrays: dict[str, Any] = self._make_moment(number)
            with atomic_path(path) as temporary:
                np.savez(temporary, **arrays)
        with np.load(path) as file:
            return file["pictures"], file["maps"], file["sharp"], file["levels"]

    def _make_moment(self, number: int) -> dict[str, npt.NDArray[np.floating]]:
        config = self.config
        rng = np.random.default_rng((self.seed, number, 3))
        levels = self.scenes.light(number % self.scenes.config.scenes)
        if rng.random() < 0.5:
            levels = levels[::-1]
        frame = int(rng.integers(len(levels)))
        light = levels.astype(np.float32) / np.float32(np.iinfo(levels.dtype).max)
        level = draw_log_uniform(rng, config.white_rate)
        sensor = random_sensor_of_white_rate(
            rng,
            level,
            noise_prob=config.noise_prob,
            spurious_prob=config.spurious_prob,
            photons=(300, 20000),
            max_reset_noise=0.03,
        )
        pattern = None
        if rng.random() < config.fpn_prob:
            pattern = FixedPattern.random(light.shape[1:], int(rng.integers(2**31)))
        sharp = np.minimum(light[frame] * np.float32(level), 1)
        lens_blur = 0.0
        if rng.random() < config.lens_blur_prob:
            lens_blur = float(rng.uniform(*config.lens_blur))
            for plane in light:
                cv2.GaussianBlur(plane, (0, 0), lens_blur, dst=plane)
        stream = simulate(light, sensor, seed=int(rng.integers(2**31)), fpn=pattern)
        if pattern is not None and rng.random() < 0.5:
            # The pattern is unknown: then the truth is what a median pixel makes of the light.
            sharp, pattern = pattern_of_median_pixel(pattern).distort(sharp), None
        reference = reference_of_frame(frame, len(stream))
        reach, detail = self.inputs.reach, self.inputs.detail
        span = read_motion_span(stream, reference, reach, fpn=pattern, detail=detail)
        frame_maps = self.inputs.frame_maps(span, frame, lens_blur)
        # Half floats hold rates to a thousandth of themselves, far below their noise.
        return {
            "pictures": frame_maps.pictures.astype(np.float16),
            "maps": frame_maps.maps.astype(np.float16),
            "sharp": sharp[None].astype(np.float16),
            "levels": np.array([frame_maps.white, min(level, 1)], np.float32),
        }
