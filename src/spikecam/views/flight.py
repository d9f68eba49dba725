"""Simulated flights: what a spike camera, and one that takes photographs, record of a scene.

The time of a flight is counted in frames of the spike camera, and frame i shows the light of time
i. Key frames are rendered when they are needed (`spikecam.views.key_frames`), and light is
interpolated between them, so that a flight of any length takes the memory of two pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.bits import frame_bytes
from spikecam.encoding import Encoding, parse_encoding
from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import GRAY_WEIGHTS
from spikecam.picture import Picture
from spikecam.resources import check_memory
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import Sensor, resolve_sensor
from spikecam.stream import Progress, Span, SpikeStream
from spikecam.views.camera import Camera, CameraAt
from spikecam.views.key_frames import CameraPicture, iter_key_frames

# Views along a flight in which the brightest light is looked for.
_PEAK_VIEWS = 24


@dataclass(frozen=True, eq=False)
class Flight:
    """A camera that flies through a scene.

    Attributes:
        render: linear light (H, W), (H, W, 1) or (H, W, 3) that a camera sees; 1 is white, and what
            is above is clipped. ``QuadScene.render`` is one.
        depth: depth picture (H, W) of a camera, infinite or 0 where there is nothing, by which key
            frames are chosen. ``QuadScene.depth`` is one, and
            that of `depth_of_points` another.
        camera_at: the camera at a time in frames, from 0 to ``frame_count - 1``.
        frame_count: frames of spikes.

    Raises:
        OptionError: no frames.
    """

    render: CameraPicture
    depth: CameraPicture
    camera_at: CameraAt
    frame_count: int

    def __post_init__(self) -> None:
        if self.frame_count < 1:
            raise OptionError(f"a flight has at least 1 frame, not {self.frame_count}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture of spikes."""
        intrinsics = self.camera_at(0.0).intrinsics
        return intrinsics.height, intrinsics.width


def iter_flight_light(flight: Flight, *, bayer: bool = False) -> Iterator[Picture]:
    """Yield the light that falls on the spike camera in each frame.

    Args:
        flight: the camera and the scene.
        bayer: pixels see one colour each of an RGGB mosaic; otherwise all see gray.

    Yields:
        float32 (H, W) in [0, 1]; the array of a key frame is yielded as it is.

    Raises:
        OptionError: light that is not finite, or gray light for a mosaic.
    """
    last_key, last_light = 0, np.zeros((0, 0), np.float32)
    for key, light in _iter_key_light(flight, (0, flight.frame_count), bayer=bayer):
        change = light - last_light if key else light
        for frame in range(last_key + 1, key):
            yield last_light + np.float32((frame - last_key) / (key - last_key)) * change
        yield light
        last_key, last_light = key, light


def simulate_flight(
    flight: Flight,
    preset: str | Sensor = "s-sdm",
    *,
    threshold: float | None = None,
    seed: int = 0,
    fpn: FixedPattern | None = None,
    rate: float | None = None,
    bayer: bool = False,
    progress: Progress[int] = iter,
) -> SpikeStream:
    """Simulate the spikes of a flight; see `spikecam.simulate` for the sensor.

    Args:
        flight: the camera and the scene.
        preset: a name of `spikecam.SENSOR_PRESETS`, or a `Sensor`.
        threshold: V_th, in place of the preset's; `peak_threshold` finds one.
        seed: of phase and noise.
        fpn: the fixed pattern of the camera.
        rate: frames per second, to be stored with the recording.
        bayer: pixels see one colour each of an RGGB mosaic; otherwise all see gray.
        progress: wraps the sequence of frames, such as `tqdm`.

    Raises:
        OptionError: as `spikecam.simulate` and `iter_flight_light`.
        GeometryError: the fixed pattern is of another size.
        ResourceError: the recording is larger than the memory of the machine.
    """
    height, width = flight.shape
    count = flight.frame_count
    # The blocks of a recording, and the whole that is made of them.
    needed = 2 * count * frame_bytes(height, width)
    check_memory(needed, f"a flight of {count} frames of {width}x{height}")
    light = iter_flight_light(flight, bayer=bayer)
    frames = (next(light) for _ in progress(range(count)))
    return simulate(frames, preset, threshold=threshold, seed=seed, fpn=fpn, rate=rate)


def photographs_of_flight(
    flight: Flight,
    exposures: Sequence[Span],
    *,
    scale: int = 1,
    encoding: str | Encoding = "srgb",
) -> Iterator[Picture]:
    """Yield the blurry photographs of exposures along a flight: encoded means of light.

    Args:
        flight: the camera and the scene.
        exposures: frames (start, stop) of each photograph.
        scale: how many pixels of a photograph a spike pixel spans, along a side.
        encoding: of the photographs.

    Yields:
        float32 (n H, n W, 3) in [0, 1], or (n H, n W) where the scene is gray.

    Raises:
        RangeError: an exposure that leaves the flight.
        OptionError: a scale below 1, or light that is not finite.
    """
    curve = parse_encoding(encoding)
    if scale < 1:
        raise OptionError(f"photographs are at least as large as spikes, so no scale of {scale}")
    for start, stop in exposures:
        if not 0 <= start < stop <= flight.frame_count:
            raise RangeError(
                f"the exposure {start}:{stop} is not in the flight, whose frames are "
                f"0:{flight.frame_count}"
            )
    for exposure in exposures:
        yield np.clip(curve.encode(_mean_light(flight, exposure, scale)), 0, 1)


def peak_light(flight: Flight, *, bayer: bool = False) -> float:
    """Brightest light that a pixel of the spike camera sees in views along a flight."""
    times = np.linspace(0, flight.frame_count - 1, min(_PEAK_VIEWS, flight.frame_count))
    views = (_spike_light(flight.render(flight.camera_at(float(t))), bayer, t) for t in times)
    return max(float(view.max()) for view in views)


def peak_threshold(
    flight: Flight, preset: str | Sensor, peak_rate: float, *, bayer: bool = False
) -> float:
    """Threshold V_th at which the brightest light of a flight fires at a rate.

    Light L fires a = (gain L + dark current) / V_th spikes a frame, and a / (1 + a) where the
    sensor has a dead frame.

    Args:
        flight: the camera and the scene.
        preset: a name of `spikecam.SENSOR_PRESETS`, or a `Sensor`, whose own threshold is left out.
        peak_rate: spikes a frame, above 0 and at most 1.
        bayer: as for `simulate_flight`.

    Raises:
        OptionError: a rate that cannot be, a scene without light, or a sensor whose threshold is
            that of a coverage.
    """
    sensor = resolve_sensor(preset)
    if not 0 < peak_rate <= 1 or (sensor.dead_frame and peak_rate == 1):
        raise OptionError(f"a peak rate is above 0 and below 1 spike a frame, not {peak_rate}")
    if sensor.coverage is not None:
        raise OptionError("this sensor sets its threshold by the coverage; choose another preset")
    light = peak_light(flight, bayer=bayer)
    if light == 0:
        raise OptionError("the flight sees nothing but darkness; check its path and its scene")
    charge = peak_rate / (1 - peak_rate) if sensor.dead_frame else peak_rate
    return (sensor.gain * light + sensor.dark_current) / charge


def bayer_mosaic(picture: Picture) -> Picture:
    """Pixels of an RGGB mosaic, (H, W): the red of pixel (0, 0) of a picture (H, W, 3)."""
    mosaic = picture[..., 1].copy()
    mosaic[::2, ::2] = picture[::2, ::2, 0]
    mosaic[1::2, 1::2] = picture[1::2, 1::2, 2]
    return mosaic


def resized_camera(camera: Camera, scale: int) -> Camera:
    """The same view in a picture that is ``scale`` times as wide and high."""
    intrinsics = camera.intrinsics
    return Camera(
        intrinsics.resized(intrinsics.width * scale, intrinsics.height * scale),
        camera.world_to_camera,
    )


def _iter_key_light(flight: Flight, frames: Span, *, bayer: bool) -> Iterator[tuple[int, Picture]]:
    for key in iter_key_frames(flight.camera_at, flight.depth, *frames):
        yield key, _spike_light(flight.render(flight.camera_at(key)), bayer, key)


def _mean_light(flight: Flight, exposure: Span, scale: int) -> Picture:
    """Mean light of an exposure in which light is interpolated between key frames.

    Of the n frames from one key frame up to the next, a share (n + 1) / 2n falls to the first one.
    """

    def camera_at(time: float) -> Camera:
        return resized_camera(flight.camera_at(time), scale)

    keys = [*iter_key_frames(camera_at, flight.depth, *exposure)]
    steps = np.diff(keys)
    weights = np.zeros(len(keys))
    weights[:-1] += (steps + 1) / 2
    weights[1:] += (steps - 1) / 2
    weights[-1] += 1
    total = np.zeros(1)
    for key, weight in zip(keys, weights, strict=True):
        total = total + weight * _finite_light(flight.render(camera_at(key)), key)
    return np.asarray(total / weights.sum(), np.float32)


def _spike_light(light: Picture, bayer: bool, time: float) -> Picture:
    """Light (H, W) that pixels of the spike camera see of a picture."""
    light = _finite_light(light, time)
    if light.ndim == 2:
        if bayer:
            raise OptionError("a Bayer pattern takes a scene in colours, and this one is gray")
        return light
    if bayer:
        return bayer_mosaic(light)
    return np.minimum(light @ np.array(GRAY_WEIGHTS, np.float32), 1)


def _finite_light(light: Picture, time: float) -> Picture:
    """Light (H, W) or (H, W, 3) in [0, 1]."""
    if not np.isfinite(light).all():
        raise OptionError(f"the picture of frame {time:g} holds values that are not finite")
    if light.ndim == 3 and light.shape[2] == 1:
        light = light[..., 0]
    return np.clip(light, 0, 1).astype(np.float32, copy=False)
