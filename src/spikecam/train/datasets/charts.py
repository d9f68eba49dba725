"""Test charts over pictures: waves, stars and clouds, which photographs do not have."""

from __future__ import annotations

import cv2
import numpy as np

from spikecam.picture import Picture
from spikecam.train.datasets.random_draws import draw_log_uniform

# Ranges of the standard deviation of clouds and of wavelengths, in pixels.
_CLOUD_PIXELS, _WAVE_PIXELS = (1.0, 6.0), (4.0, 60.0)
# Ranges of the arms of a star (below the last), and of the contrast of a chart.
_ARMS, _CONTRAST = (6, 60), (0.5, 20.0)


def add_chart(sharp: Picture, rng: np.random.Generator) -> Picture:
    """Add a random test chart to a picture.

    It is of waves, a star or smooth noise; half of the charts hide the picture.

    Photographs have next to nothing so regular, and test charts little else.

    Args:
        sharp: the picture, (H, W) in [0, 1].
        rng: of everything random.
    """
    chart = (plane_waves, star_chart, smooth_noise)[int(rng.integers(3))](sharp.shape, rng)
    dark, light = np.sort(rng.random(2)).astype(np.float32)
    chart = np.clip(0.5 + np.float32(draw_log_uniform(rng, _CONTRAST)) * chart, 0, 1)
    opacity = np.float32(min(2 * rng.random(), 1))
    shown = dark + (light - dark) * chart
    return np.asarray(opacity * shown + (1 - opacity) * sharp, np.float32)


def plane_waves(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw a pattern of one to three plane waves, from -0.5 to 0.5."""
    count = int(rng.integers(1, 4))
    y, x = np.indices(shape)
    total = np.zeros(shape)
    for _ in range(count):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        distance = x * np.cos(angle) + y * np.sin(angle)
        total += np.sin(2 * np.pi * distance / draw_log_uniform(rng, _WAVE_PIXELS) + phase)
    return (total / (2 * count)).astype(np.float32)


def star_chart(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw a Siemens star: arms around a point, finer towards it, from -0.5 to 0.5."""
    y, x = np.indices(shape) - (rng.random(2) * shape)[:, None, None]
    arms, phase = rng.integers(*_ARMS), rng.uniform(0, 2 * np.pi)
    chart = 0.5 * np.sin(arms * np.arctan2(y, x) + phase)
    # Arms that are finer than a sensor sees fade: with high contrast they would alias.
    chart *= np.clip(2 * np.pi * np.hypot(y, x) / arms / _WAVE_PIXELS[0], 0, 1)
    return np.asarray(chart, np.float32)


def smooth_noise(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw noise without fine detail, from about -0.5 to 0.5."""
    noise = rng.standard_normal(shape, np.float32)
    smooth = np.asarray(
        cv2.GaussianBlur(noise, (0, 0), draw_log_uniform(rng, _CLOUD_PIXELS)), np.float32
    )
    return np.asarray(smooth / (4 * smooth.std()), np.float32)
