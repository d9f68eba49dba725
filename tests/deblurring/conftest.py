from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.encoding import Encoding, parse_encoding, quarter_gray_light

SimulatedPair = tuple[np.ndarray, sc.SpikeStream]


@pytest.fixture(scope="session")
def simulated_pair() -> Callable[..., SimulatedPair]:
    """Simulate a blurry picture (160, 208, 3) of an encoding and its spikes, exposed in 5:45."""

    @cache
    def make(encoding: str | Encoding = "srgb", seed: int = 0) -> SimulatedPair:
        encoding = parse_encoding(encoding)
        colours = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
        photo = np.asarray(Image.fromarray(colours).resize((320, 240), Image.Resampling.BICUBIC))
        settings = {"frames": 50, "exposure": (5, 45), "speed": 4, "seed": seed}
        frames = list(sc.moving_scene(photo, size=(160, 208), **settings))
        light = (quarter_gray_light(frame, encoding) for frame in frames)
        stream = sc.simulate(light, "s-sdm", exposure=(5, 45), seed=seed)
        return sc.average_frames(frames[5:45], encoding=encoding), stream

    return make


@pytest.fixture(scope="session")
def exposure_rate():
    """Firing rate in the exposure of a recording."""

    def rate(stream):
        return np.asarray(stream)[slice(*stream.exposure)].mean(axis=0, dtype=np.float32)

    return rate
