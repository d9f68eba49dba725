"""Samples for the fine-tuning of SpikeGen: conditions at a moment of a scene, and the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from spikecam.data.pairs import Pair
from spikecam.errors import FileError, OptionError
from spikecam.generation.spikegen_input import Conditioning, SpikeGenInput
from spikecam.gray import as_gray
from spikecam.networks.configs.spikegen import SpikeGenInputConfig
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture, as_colour
from spikecam.scenes.motion import moving_scene
from spikecam.stream import SpikeStream
from spikecam.train.datasets.configs import SceneConfig, SensorConfig, SpikeGenSampleConfig
from spikecam.train.datasets.pictures import PictureCrops, picture_to_tensor
from spikecam.train.datasets.random_draws import draw_log_uniform
from spikecam.train.datasets.recorded_crops import RecordedCrops
from spikecam.train.datasets.scene_crops import SceneCrop, SceneCrops
from spikecam.train.datasets.sensors import simulate_by_random_sensor
from spikecam.train.engine.sampler import Sample
from spikecam.weights.store import load_network

# Range of how far things in a scene of spikes alone move in its frames, in pixels.
_SPEED_PIXELS = 0.5, 24.0


class SpikeGenSamples(Dataset[Sample]):
    """Dataset for the fine-tuning of SpikeGen.

    Each index is always the same sample.

    A sample holds ``picture`` (3, h, w) in [0, 1], what is encoded; ``spikes`` uint8 (T, h, w),
    repeated where the picture is finer; ``gain`` and ``mix`` (), g; and ``sharp`` (3, h, w), the
    truth. Where g is 1 that is gray; where it is 0 the picture is the blurry one. In between the
    truth has all its colours, which the picture holds: our choice for fine-tuning.

    Args:
        pairs: of a data set, with sharp pictures; none for dense reconstruction alone. Those with
            the spike camera's light (``synth --light``) are seen by a new sensor every time, others
            as they were recorded.
        pictures: crops of sharp ones, over which motion is simulated, so much larger than those of
            the samples that things can move (`moving_scene_side`); None for deblurring alone.
        sample_config: how samples are drawn.
        scene_config, sensor_config: how crops and sensors are drawn.
        seed: of everything random.
        length: number of samples.
        fixed_mix_ratio: g of all samples, for validation; None to draw it.
        input_config: constants of the network's input.

    Raises:
        FileError: as `SceneCrops` and `RecordedCrops`, or a pair with too few frames of spikes.
        OptionError: neither pairs nor pictures.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        pictures: PictureCrops | None,
        sample_config: SpikeGenSampleConfig,
        scene_config: SceneConfig,
        sensor_config: SensorConfig,
        *,
        seed: int,
        length: int,
        fixed_mix_ratio: float | None = None,
        input_config: SpikeGenInputConfig | None = None,
    ) -> None:
        if not pairs and pictures is None:
            raise OptionError("give a data set with blurry pictures, or a folder of pictures")
        simulated = [pair for pair in pairs if pair.light is not None]
        recorded = [pair for pair in pairs if pair.light is None]
        _check_enough_frames_around(pairs, sample_config.frames)
        self.counts = len(simulated), len(recorded)
        self.simulated = SceneCrops(simulated, scene_config, seed) if simulated else None
        self.recorded = RecordedCrops(recorded, scene_config.crop, seed) if recorded else None
        self.pictures, self.config = pictures, sample_config
        self.crop, self.sensors = scene_config.crop, sensor_config
        self.seed, self.length, self.fixed_mix_ratio = seed, length, fixed_mix_ratio
        self.inputs = SpikeGenInput(sample_config.frames, input_config)
        self._refiner: Refiner | None = None

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index, 1))
        dense = rng.random() < self.config.dense_prob
        if not any(self.counts) or (dense and self.pictures is not None):
            return self._dense_sample(index)
        if self.simulated is None or rng.random() * sum(self.counts) >= self.counts[0]:
            assert self.recorded is not None
            return self._deblurring_sample(*self.recorded.draw_crop(index))
        crop = self.simulated.draw_crop(index)
        return self._deblurring_sample(
            crop, simulate_by_random_sensor(crop.light, crop.rng, self.sensors)
        )

    def _deblurring_sample(self, crop: SceneCrop, stream: SpikeStream) -> Sample:
        blur, sharp = crop.blur, crop.sharp[0]
        mix = self._draw_mix_ratio(crop.rng)
        refiner = None
        if 0 < mix < 1:
            # Loaded by each process for itself, once.
            self._refiner = refiner = self._refiner or load_network(Refiner, "refined", "cpu")
        frames = crop.frames[:1]
        (condition,) = self.inputs.iter_conditioning_on_both(
            blur, stream, frames, crop.exposure, refiner
        )
        return _as_sample(condition, mix, sharp)

    def _dense_sample(self, index: int) -> Sample:
        assert self.pictures is not None
        rng = np.random.default_rng((self.seed, index, 2))
        frames, crop = self.config.frames, self.crop
        speed = draw_log_uniform(rng, _SPEED_PIXELS)
        photos = [self.pictures.crop_picture(index + i) for i in range(1 + (rng.random() < 0.4))]
        scene = moving_scene(
            photos[0],
            size=(crop, crop),
            frames=frames,
            exposure=(0, frames),
            speed=min(speed, crop / 2),
            foregrounds=photos[1:],
            seed=int(rng.integers(2**31)),
        )
        light = np.stack([as_gray(picture) for picture in scene])
        light *= np.float32(rng.uniform(0.4, 1))
        stream = simulate_by_random_sensor(light, rng, self.sensors)
        condition = self.inputs.conditioning_on_spikes(stream, frames // 2)
        rate = float(stream.count().mean()) / frames
        # What the sensor makes of light, times what the rates are shown with.
        gain = condition.scale * rate / max(float(light.mean()), 1e-4)
        truth = np.clip(light[frames // 2] * np.float32(gain), 0, 1)
        # TFP alone is nothing to learn from.
        return _as_sample(condition, self._draw_mix_ratio(rng) or 0.5, truth)

    def _draw_mix_ratio(self, rng: np.random.Generator) -> float:
        """Draw the mix ratio g of a sample.

        At times it is 0 or 1, else as of `draw_mix_ratio`.
        """
        if self.fixed_mix_ratio is not None:
            return self.fixed_mix_ratio
        kind = rng.random() / max(self.config.single_source_prob, 1e-9)
        return float(int(kind)) if kind < 2 else draw_mix_ratio(rng, self.config.mix_variance)


def moving_scene_side(crop: int) -> int:
    """Side of the pictures for moving scenes, of which crops are taken.

    It is so large that crops are hardly enlarged.
    """
    return 3 * crop // 2 // 8 * 8


def draw_mix_ratio(rng: np.random.Generator, variance: float = 1.0) -> float:
    """Draw a mix ratio g from a normal distribution.

    Its mean is 0.5; it is cut off at 0 and 1.
    """
    while True:
        mix = float(rng.normal(0.5, variance**0.5))
        if 0 <= mix <= 1:
            return mix


def _check_enough_frames_around(pairs: Sequence[Pair], frame_count: int) -> None:
    """Refuse pairs in which a sharp picture has fewer frames of spikes around it.

    Half of them lie on either side.
    """
    half = frame_count // 2
    for pair in pairs:
        length = len(pair.stream())
        for frame in pair.sharp:
            if not half <= frame < length - half:
                raise FileError(
                    f"{pair.spikes} has fewer than {frame_count} frames around frame {frame}, of "
                    "which "
                    "there is a sharp picture; choose fewer --frames"
                )


def _as_sample(condition: Conditioning, mix: float, sharp: Picture) -> Sample:
    assert condition.spikes is not None
    factor = sharp.shape[0] // condition.spikes.shape[1]
    truth = as_gray(sharp) if mix == 1 else sharp
    return {
        "picture": picture_to_tensor(as_colour(condition.picture)),
        "spikes": torch.from_numpy(condition.spikes.repeat(factor, 1).repeat(factor, 2)),
        "gain": torch.tensor(condition.gain, dtype=torch.float32),
        "mix": torch.tensor(mix, dtype=torch.float32),
        "sharp": picture_to_tensor(as_colour(truth)),
    }
