"""Samples for the refiner: crops of scenes with their truth, each seen by another sensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from spikecam.data.pairs import Pair
from spikecam.deblurring.ratios import Ratios
from spikecam.deblurring.trails import Trails
from spikecam.train.datasets.configs import RefinerSampleConfig, SceneConfig, SensorConfig
from spikecam.train.datasets.scene_crops import SceneCrops
from spikecam.train.datasets.sensors import random_sensor_view
from spikecam.train.engine.sampler import Sample


class RefinerSamples(Dataset[Sample]):
    """Samples for the refiner; each index is always the same sample.

    A sample holds ``blur`` (3, h, w) and ``sharp`` (F, 3, h, w) in [0, 1], and the maps that
    `Refiner` takes: ``exposure``, ``moments``, and where asked for ``trails`` and ``ways``.

    Args:
        pairs, scenes: as for `SceneCrops`.
        sensors: how the sensors are drawn.
        config: what a sample holds.
        flow_maps: whether samples hold what is seen along the motion of things (see `Trails`).
        seed: of everything random.
        length: number of samples.

    Raises:
        FileError: as `SceneCrops`.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        scenes: SceneConfig,
        sensors: SensorConfig,
        config: RefinerSampleConfig,
        *,
        flow_maps: bool = True,
        seed: int,
        length: int,
    ) -> None:
        self.crops = SceneCrops(pairs, scenes, seed, config.moments)
        self.sensors, self.config, self.flow_maps = sensors, config, flow_maps
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        crop = self.crops.sample(index)
        light, pictures, exposure, frames = crop.light, crop.pictures, crop.exposure, crop.frames
        rng = crop.rng
        coarser, smaller = rng.random(2) < self.config.scale_prob
        if coarser:
            light = light.reshape(len(light), light.shape[1] // 2, 2, -1, 2).mean((2, 4))
        stream = random_sensor_view(light, rng, self.sensors)
        ratios = Ratios(stream, exposure)
        maps = [torch.from_numpy(ratios.exposure())]
        maps += [torch.from_numpy(ratios.moment(frame)) for frame in frames]
        colours = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        if smaller:
            halves = functional.avg_pool2d(colours, 2)
            colours = functional.interpolate(halves, scale_factor=2, mode="bicubic").clamp(0, 1)
        blur = colours[0]
        if rng.random() < self.sensors.noise_prob:
            noise = rng.standard_normal(blur.shape, np.float32) * np.float32(rng.uniform(0, 0.01))
            blur = (blur + torch.from_numpy(noise)).clamp(0, 1)
        sample = {"blur": blur, "sharp": colours[1:]}
        if self.flow_maps:
            trails = Trails(blur.permute(1, 2, 0).numpy(), ratios)
            warped = [[torch.from_numpy(one) for one in trails.along(t)] for t in frames]
            sample["trails"] = torch.stack([trail for trail, _ in warped])
            maps += [ways for _, ways in warped]
        if coarser:
            maps = [_upsample(one, 2) for one in maps]
        count = len(frames) + 1
        sample |= {"exposure": maps[0], "moments": torch.stack(maps[1:count])}
        if self.flow_maps:
            sample["ways"] = torch.stack(maps[count:])
        return sample


def _upsample(maps: Tensor, factor: int) -> Tensor:
    return functional.interpolate(maps[None], scale_factor=factor, mode="bicubic")[0]
