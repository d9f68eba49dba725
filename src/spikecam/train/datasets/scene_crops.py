"""Crops of simulated scenes: the light that the spike camera saw, and pictures with their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.encoding import Encoding, gamma_encoding
from spikecam.errors import FileError
from spikecam.io.pictures import quantize_to_levels
from spikecam.train.datasets.configs import SCENE_CROP_UNIT, SceneConfig
from spikecam.train.datasets.light import load_light
from spikecam.train.datasets.pictures import read_levels_cached
from spikecam.train.datasets.random_draws import draw_log_uniform, random_rotate_and_flip

# Exposures of photographs, in units of that of the data set; above 1 they clip white.
_PICTURE_EXPOSURES = 0.02, 2.0
# Frames by which the exposure of a misaligned pair is wrong at most.
_MAX_DELAY = 2
# Gammas of cameras, and the strength of the S-curve that many add.
_GAMMAS, _CONTRASTS = (1.3, 2.6), (0.0, 0.35)


@dataclass(frozen=True)
class SceneCrop:
    """A crop of a simulated scene: its light, and blurry and sharp pictures.

    Attributes:
        light: what the spike camera saw, (T, s, s) in [0, 1].
        blur: the blurry picture, (4 s, 4 s, 3), with its encoding.
        sharp_light: light of the sharp pictures in units of the blurry one's white,
            (F, 4 s, 4 s, 3), which may be above 1.
        exposure: frames (start, stop) of the blurry one.
        frames: those of the sharp ones.
        rng: what else is drawn comes from it.
    """

    light: npt.NDArray[np.float32]
    blur: BlurryPicture
    sharp_light: npt.NDArray[np.float32]
    exposure: tuple[int, int]
    frames: Sequence[int]
    rng: np.random.Generator

    @property
    def sharp(self) -> npt.NDArray[np.float32]:
        """Sharp pictures, encoded and clipped as the blurry one, (F, 4 s, 4 s, 3) in [0, 1]."""
        return np.minimum(self.blur.encoding.encode(self.sharp_light), 1)


class SceneCrops:
    """Random crops of scenes, by index.

    They are rotated, flipped, reversed in time, in less light, and photographed by cameras with
    other exposures and tone curves, which may be misaligned.

    Args:
        pairs: of a data set with sharp pictures and the spike camera's light (``synth --light``).
        config: how they are drawn.
        moments: sharp pictures of each.
        seed: of everything random.

    Raises:
        FileError: a data set without them, or with pictures smaller than a crop.
    """

    def __init__(
        self, pairs: Sequence[Pair], config: SceneConfig, seed: int, moments: int = 1
    ) -> None:
        for pair in pairs:
            if pair.light is None or pair.shape is None:
                raise FileError(
                    f"{pair.spikes} has no light of the spike camera beside it; make the data set "
                    "with spikecam synth --light"
                )
            if (shorter := PICTURE_SCALE * min(pair.shape)) < config.crop:
                raise FileError(
                    f"{pair.blur} is smaller than a crop of {config.crop} pixels; choose one of "
                    f"at most {shorter // SCENE_CROP_UNIT * SCENE_CROP_UNIT}"
                )
        self.pairs, self.config, self.seed, self.moments = pairs, config, seed, moments

    def draw_crop(self, index: int) -> SceneCrop:
        """Draw the crop of this index.

        It is always the same.
        """
        rng = np.random.default_rng((self.seed, index))
        config = self.config
        pair = self.pairs[int(rng.integers(len(self.pairs)))]
        assert pair.exposure is not None
        light_levels = load_light(pair)
        side = config.crop // PICTURE_SCALE
        top, left = (int(rng.integers(n - side + 1)) for n in light_levels.shape[1:])
        misaligned = rng.random() < config.misalignment_prob
        shifts = rng.integers(-1, 2, 2) if misaligned else (0, 0)
        rows, columns = (
            slice(start, start + config.crop)
            for start in (
                min(max(PICTURE_SCALE * n + int(shift), 0), PICTURE_SCALE * size - config.crop)
                for n, shift, size in zip((top, left), shifts, light_levels.shape[1:], strict=True)
            )
        )
        levels = np.array(light_levels[:, top : top + side, left : left + side])
        known = sorted(pair.sharp)
        frames = sorted(rng.choice(known, self.moments, replace=self.moments > len(known)))
        paths = (pair.blur, *(pair.sharp[frame] for frame in frames))
        pictures = np.stack(
            [self._load_picture(pair, path)[rows, columns] for path in paths]
        ).astype(np.float32) / np.float32(255)
        exposure = pair.exposure
        if misaligned:
            delay = int(rng.integers(-_MAX_DELAY, _MAX_DELAY + 1))
            exposure = max(0, exposure[0] + delay), min(len(levels), exposure[1] + delay)
        if rng.random() < 0.5:
            levels = levels[::-1]
            exposure = len(levels) - exposure[1], len(levels) - exposure[0]
            frames = [len(levels) - 1 - frame for frame in frames]
        levels, pictures = random_rotate_and_flip([levels, pictures], rng)
        light = levels.astype(np.float32) / np.float32(np.iinfo(levels.dtype).max)
        encoding, picture_light = pair.encoding, pair.encoding.decode(pictures)
        if rng.random() < config.low_light_prob:
            gain = np.float32(rng.uniform(0.3, 1))
            light, picture_light = light * gain, picture_light * gain
        if rng.random() < config.camera_prob:
            if not encoding.is_linear:
                encoding = random_encoding(rng, encoding.colour_weights)
            picture_light = picture_light * np.float32(draw_log_uniform(rng, _PICTURE_EXPOSURES))
        blur = np.minimum(encoding.encode(picture_light[0]), 1)
        # As a photograph is stored.
        blur = quantize_to_levels(blur).astype(np.float32) / np.float32(255)
        return SceneCrop(
            light, BlurryPicture(blur, encoding), picture_light[1:], exposure, frames, rng
        )

    def _load_picture(self, pair: Pair, path: Path | None) -> npt.NDArray[np.uint8]:
        """Read a picture of a pair as levels from 0 to 255, (h, w, 3), and check its size."""
        assert path is not None
        assert pair.shape is not None
        levels = read_levels_cached(path)
        height, width = (PICTURE_SCALE * side for side in pair.shape)
        if levels.shape[:2] != (height, width):
            raise FileError(
                f"{path} is {levels.shape[1]}x{levels.shape[0]}, and its scene is "
                f"{width}x{height}; make the data set again"
            )
        return levels


def random_encoding(
    rng: np.random.Generator, colour_weights: tuple[float, float, float]
) -> Encoding:
    """Draw the tone curve of a camera: a gamma, and at times an S-curve of more contrast."""
    gamma = float(rng.uniform(*_GAMMAS))
    contrast = float(rng.uniform(*_CONTRASTS)) * (rng.random() < 0.5)
    curve = gamma_encoding(gamma)
    values = np.linspace(0, 1, len(curve.light))
    # The values that the camera stores, from those that the gamma alone gives.
    stored = (1 - contrast) * values + contrast * values**2 * (3 - 2 * values)
    light = np.interp(values, stored, curve.light)
    return Encoding(f"gamma:{gamma:.2f}", light, colour_weights)
