"""Sensors drawn at random, and what they see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.fixed_pattern import FixedPattern
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import Sensor
from spikecam.stream import SpikeStream
from spikecam.train.datasets.configs import SensorConfig
from spikecam.train.datasets.random_draws import draw_log_uniform


def simulate_by_random_sensor(
    light: npt.NDArray[np.float32], rng: np.random.Generator, config: SensorConfig
) -> SpikeStream:
    """Simulate spikes of light (T, h, w) by a random sensor.

    At times it has a fixed pattern.
    """
    return simulate(
        light,
        random_sensor(rng, config),
        seed=int(rng.integers(2**31)),
        fpn=FixedPattern.random(light.shape[1:], int(rng.integers(2**31)))
        if rng.random() < config.fpn_prob
        else None,
    )


def random_sensor(rng: np.random.Generator, config: SensorConfig) -> Sensor:
    """Draw a random sensor."""
    interval = draw_log_uniform(rng, (100, 5000))
    common = rng.random() < 0.5
    noisy = rng.random() < config.noise_prob
    return Sensor(
        threshold=draw_log_uniform(rng, config.thresholds),
        # Half of those that fire without light do so as often as the field's own simulator.
        spurious_gap=((140, 50) if common else (interval, interval / 3))
        if rng.random() < config.spurious_prob
        else None,
        photons=draw_log_uniform(rng, (500, 20000)) if noisy else None,
        reset_noise=float(rng.uniform(0, 0.03)) if noisy else 0.0,
    )


def random_sensor_of_white_rate(
    rng: np.random.Generator,
    white_rate: float,
    *,
    noise_prob: float,
    spurious_prob: float,
    photons: tuple[float, float] = (100, 20000),
    max_reset_noise: float = 0.05,
) -> Sensor:
    """Draw a random sensor in which white fires ``white_rate`` spikes a frame.

    Args:
        rng: draws it.
        white_rate: spikes a frame.
        noise_prob: probability of photon and reset noise.
        spurious_prob: probability of spikes without light.
        photons: range of the photons to a threshold.
        max_reset_noise: strongest noise of the reset.
    """
    noisy = rng.random() < noise_prob
    interval = draw_log_uniform(rng, (140, 5000))
    return Sensor(
        gain=white_rate,
        photons=draw_log_uniform(rng, photons) if noisy else None,
        reset_noise=float(rng.uniform(0, max_reset_noise)) if noisy else 0.0,
        spurious_gap=(interval, interval / 3) if rng.random() < spurious_prob else None,
    )
