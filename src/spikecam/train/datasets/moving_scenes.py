"""Moving scenes of photographs, as light on the grid of a spike camera."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.encoding import LINEAR, SRGB, gray_light
from spikecam.scenes.motion import moving_scene
from spikecam.train.datasets.configs import MovingSceneConfig
from spikecam.train.datasets.pictures import read_levels_cached
from spikecam.train.datasets.random_draws import draw_log_uniform
from spikecam.train.datasets.stored_arrays import load_or_make_array

Light = npt.NDArray[np.uint16]

# Pixels of the rendered frames, a side, to one of the spikes.
_RENDER_SCALE = 2
# Slowest motion, in pixels of the spikes a frame; and the share of scenes of linear light, all
# others are of encoded values, as those of published data sets.
_MIN_SPEED, _LINEAR_LIGHT_SHARE = 0.005, 0.5
_MAX_FOREGROUNDS = 4


class MovingScenes:
    """Random scenes by number, each always the same.

    Rendering takes seconds: scenes are kept in a folder, where whoever needs them first writes
    them.

    Args:
        paths: of photographs.
        config: how scenes are drawn.
        folder: where they are kept.
        seed: of everything random.
    """

    def __init__(
        self, paths: Sequence[Path], config: MovingSceneConfig, folder: Path, seed: int
    ) -> None:
        self.paths, self.config, self.folder, self.seed = list(paths), config, folder, seed

    def light(self, number: int) -> Light:
        """Light of each frame of a scene, (T, H, W), of which only what is used is read."""
        path = self.folder / f"{number:05d}.npy"
        return load_or_make_array(path, partial(self._render, number))

    def _render(self, number: int) -> Light:
        config = self.config
        rng = np.random.default_rng((self.seed, number))
        count = 1 + int(rng.integers(_MAX_FOREGROUNDS + 1))
        photos = [
            read_levels_cached(self.paths[int(rng.integers(len(self.paths)))]) for _ in range(count)
        ]
        height, width = config.size
        size = _RENDER_SCALE * height, _RENDER_SCALE * width
        # The speed counts over the whole scene.
        pixels = draw_log_uniform(rng, (_MIN_SPEED, config.max_speed)) * config.scene_frames
        frames = moving_scene(
            photos[0],
            size=size,
            frames=config.scene_frames,
            exposure=(0, config.scene_frames),
            speed=min(_RENDER_SCALE * pixels, min(size) / 2),
            foregrounds=photos[1:],
            seed=int(rng.integers(2**31)),
        )
        encoding = SRGB if rng.random() < _LINEAR_LIGHT_SHARE else LINEAR
        light = np.empty((config.scene_frames, height, width), np.uint16)
        for index, frame in enumerate(frames):
            gray = gray_light(frame, encoding)
            blocks = gray.reshape(height, _RENDER_SCALE, width, _RENDER_SCALE).mean((1, 3))
            light[index] = np.rint(blocks * np.iinfo(np.uint16).max)
        return light
