"""Simulated recordings in which speed, light and noise change one at a time.

Photographs of scikit-image move as before a hand-held camera, at up to a pixel a frame, which is as
fast as in REDS. Every frame has its truth, so that films are measured, too. Nothing was trained or
tuned on these photographs, and anybody can simulate the same recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import spikecam as sc
from spikecam.gray import as_gray
from spikecam.picture import Picture

PHOTOGRAPHS = ("chelsea", "coffee")
# Frames of a recording, and those that are reconstructed, in its middle.
RECORDING_FRAMES, SCORED_FRAMES = 131, (64, 65, 66)
_SIZE = (192, 288)
# Frames (start, stop) over which the speed is measured.
_PATH = (25, 106)
# Pixels of motion a frame, spikes a frame of white, and noise. Each changes alone: the others are
# then `_USUAL_SPEED`, the first rate, and no noise.
SPEEDS = (0.0, 0.25, 0.5, 1.0)
WHITE_RATES = (0.6, 0.2, 0.1)
NOISES: dict[str, dict[str, Any]] = {
    "none": {},
    # Of the preset gen2, measured of a real camera.
    "camera": {"photons": 8000.0, "reset_noise": 0.01, "spurious_gap": (10_000.0, 3_000.0)},
    # Intervals that scatter by 7 %, and the spurious spikes of the preset s-sdm.
    "strong": {"photons": 400.0, "reset_noise": 0.05, "spurious_gap": (140.0, 50.0)},
}
_USUAL_SPEED = 0.5


class Setting(NamedTuple):
    """Setting of a recording: pixels a frame, spikes a frame of white, and a name of `NOISES`."""

    speed: float = _USUAL_SPEED
    white_rate: float = WHITE_RATES[0]
    noise: str = next(iter(NOISES))


class MovingRecording(NamedTuple):
    """A recording in a setting, and the truth of the scored frames.

    Attributes:
        name: of the photograph and the setting.
        setting: speed, light and noise.
        stream: the spikes.
        truth: gray pictures of `SCORED_FRAMES`.
    """

    name: str
    setting: Setting
    stream: sc.SpikeStream
    truth: list[Picture]


def settings_of_speed(speed: float) -> list[Setting]:
    """All settings of a speed: light and noise change at the usual one alone."""
    settings = [Setting(speed)]
    if speed == _USUAL_SPEED:
        settings += [Setting(white_rate=rate) for rate in WHITE_RATES[1:]]
        settings += [Setting(noise=noise) for noise in list(NOISES)[1:]]
    return settings


def iter_moving_recordings(limit: int | None = None) -> Iterator[MovingRecording]:
    """Yield the recordings of all settings, of the first `limit` photographs."""
    from skimage import data

    for seed, name in enumerate(PHOTOGRAPHS[:limit]):
        for speed in SPEEDS:
            light = _render(getattr(data, name)(), speed, seed)
            truth = [light[frame] for frame in SCORED_FRAMES]
            for setting in settings_of_speed(speed):
                sensor = sc.Sensor(gain=setting.white_rate, **NOISES[setting.noise])
                stream = sc.simulate(light, sensor, seed=seed)
                text = f"{name}, {speed:g} pixels a frame, white {setting.white_rate:g}"
                if NOISES[setting.noise]:
                    text += f", noise {setting.noise}"
                yield MovingRecording(text, setting, stream, truth)


def _render(photograph: Any, speed: float, seed: int) -> Any:
    """Gray frames (T, H, W) of a camera that moves over a photograph at a speed."""
    # What stands still is rendered twice, the shortest exposure, and repeated.
    moves = speed > 0
    scene = sc.moving_scene(
        photograph,
        size=_SIZE,
        frames=RECORDING_FRAMES if moves else 2,
        exposure=_PATH if moves else (0, 2),
        speed=speed * (_PATH[1] - _PATH[0] - 1),
        seed=seed,
    )
    frames = np.stack([as_gray(frame) for frame in scene])
    return frames if moves else np.repeat(frames[:1], RECORDING_FRAMES, axis=0)


def describe_moving_recordings(limit: int | None = None) -> str:
    """Describe the recordings in words, for a report."""
    count = len(PHOTOGRAPHS[:limit])
    photographs = "1 photograph" if count == 1 else f"{count} photographs"
    return (
        f"{photographs} of scikit-image in motion, {_SIZE[1]}x{_SIZE[0]}, simulated, by speed, "
        "light and noise"
    )
