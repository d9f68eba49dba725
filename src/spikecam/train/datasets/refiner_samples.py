"""Samples for the refiner: crops of scenes with their truth, each seen by another sensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from spikecam.data.pairs import Pair
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.refiner_input import RefinerInput, prepare_picture
from spikecam.networks.configs.refiner import RefinerInputConfig
from spikecam.train.datasets.configs import RefinerSampleConfig, SceneConfig, SensorConfig
from spikecam.train.datasets.scene_crops import SceneCrops
from spikecam.train.datasets.sensors import simulate_by_random_sensor
from spikecam.train.engine.sampler import Sample


class RefinerSamples(Dataset[Sample]):
    """Dataset for the training of the refiner.

    Each index is always the same sample.

    A sample holds ``blur`` (3, h, w) and ``sharp`` (F, 3, h, w) in [0, 1], and the maps that
    `Refiner` takes: ``exposure``, ``moments``, and where asked for ``levels`` and ``flows``.

    Args:
        pairs, scene_config: as for `SceneCrops`.
        sensor_config: how the sensors are drawn.
        sample_config: what a sample holds.
        flow_warp: whether samples hold pictures warped along optical flow (see `FlowWarp`).
        input_config: constants of the network's input.
        seed: of everything random.
        length: number of samples.

    Raises:
        FileError: as `SceneCrops`.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        scene_config: SceneConfig,
        sensor_config: SensorConfig,
        sample_config: RefinerSampleConfig,
        *,
        flow_warp: bool = True,
        input_config: RefinerInputConfig | None = None,
        seed: int,
        length: int,
    ) -> None:
        self.crops = SceneCrops(pairs, scene_config, seed, sample_config.moments)
        self.sensors, self.config, self.flow_warp = sensor_config, sample_config, flow_warp
        self.input_config = input_config or RefinerInputConfig()
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        crop = self.crops.draw_crop(index)
        light, blur, exposure, frames = crop.light, crop.blur, crop.exposure, crop.frames
        rng, sharp_light = crop.rng, crop.sharp_light
        coarser, smaller = rng.random(2) < self.config.scale_prob
        if coarser:
            light = light.reshape(len(light), light.shape[1] // 2, 2, -1, 2).mean((2, 4))
        stream = simulate_by_random_sensor(light, rng, self.sensors)
        if smaller:
            values = _halve_and_upsample(blur.values[None]).clip(0, 1)[0]
            blur = BlurryPicture(values, blur.encoding)
            sharp_light = _halve_and_upsample(sharp_light).clip(0)
        if rng.random() < self.sensors.noise_prob:
            noise = rng.standard_normal(blur.shape, np.float32) * np.float32(rng.uniform(0, 0.01))
            blur = BlurryPicture((blur.values + noise).clip(0, 1), blur.encoding)
        ratios = LogRateRatios(stream, exposure, self.input_config)
        picture = prepare_picture(blur, ratios)
        inputs = RefinerInput(picture.values, ratios, flow_warp=self.flow_warp)
        moments = [inputs.frame_input(frame) for frame in frames]
        maps = {
            "exposure": [inputs.exposure_maps()],
            "moments": [moment.maps for moment in moments],
        }
        sharp = picture.normalise(sharp_light)
        sample = {
            "blur": _picture_tensor(picture.values),
            "sharp": _picture_tensor(sharp),
        }
        if self.flow_warp:
            maps["flows"] = [moment.flows for moment in moments if moment.flows is not None]
            levels = [moment.levels for moment in moments if moment.levels is not None]
            sample["levels"] = torch.from_numpy(np.stack(levels))
        for name, arrays in maps.items():
            tensors = [torch.from_numpy(array) for array in arrays]
            if coarser:
                tensors = [_upsample(tensor, 2) for tensor in tensors]
            sample[name] = torch.stack(tensors)
        sample["exposure"] = sample["exposure"][0]
        return sample


def _picture_tensor(pictures: npt.NDArray[np.float32]) -> Tensor:
    """Pictures (..., h, w, 3) as a tensor (..., 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))


def _halve_and_upsample(pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Pictures (n, h, w, 3) without their finest detail."""
    halves = functional.avg_pool2d(_picture_tensor(pictures), 2)
    upsampled = functional.interpolate(halves, scale_factor=2, mode="bicubic")
    return upsampled.permute(0, 2, 3, 1).numpy()


def _upsample(maps: Tensor, factor: int) -> Tensor:
    return functional.interpolate(maps[None], scale_factor=factor, mode="bicubic")[0]
