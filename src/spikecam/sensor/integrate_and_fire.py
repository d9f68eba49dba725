"""Integrate-and-fire simulation of a spike camera: light to spikes.

    A(t) = (A(t-1) + I(t)) mod V_th,    a spike where A(t-1) + I(t) >= V_th

(SpikeGen Eq. 1-2). Charge above the threshold is carried over, so that none is lost: up to the
initial phase, a pixel's spikes times V_th are the light that it received. A pixel fires once
a frame at most: of light above V_th a frame, whole thresholds are lost, as Eq. 1 has it. The firing
rate is therefore a = I / V_th, at most 1.

A sensor with a dead frame (`Sensor.dead_frame`) collects no light in the frame of a pixel's reset,
so that an interval is 1 + 1/a frames and the rate a / (1 + a). It is simulated by this mean: every
frame brings a / (1 + a) thresholds of charge. A fixed pattern then changes the rates, by the law of
its own camera (`spikecam.fixed_pattern`). A pattern with a dead frame on a sensor without one is
the combination of the published simulators: the reference pixel's rate is proportional to the
light, and other pixels differ from it by the law with a dead frame.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam import bits
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import Light, as_gray, check_unit_range
from spikecam.rows import run_over_rows
from spikecam.sensor.noise import add_shot_noise, add_spurious_spikes, draw_reset_noise
from spikecam.sensor.sensor import Sensor, check_seed, resolve_sensor
from spikecam.stream import Span, SpikeStream, check_rate

_BLOCK_BYTES = 16 << 20


def simulate(
    frames: Iterable[npt.ArrayLike],
    preset: str | Sensor = "s-sdm",
    *,
    threshold: float | None = None,
    seed: int = 0,
    fpn: FixedPattern | None = None,
    rate: float | None = None,
    exposure: Span | None = None,
) -> SpikeStream:
    """Simulate the spikes of a video, one frame of spikes for each of its frames.

    Every pixel starts at a random phase. Noise comes from ``seed`` alone: the same seed gives the
    same bits, however many cores there are.

    Args:
        frames: a video: an array (T, H, W) or (T, H, W, 3), or pictures one after another; floats
            in [0, 1] or uint8. Colours become gray as the sensor sees it, 0.30 R + 0.59 G + 0.11 B.
            `quarter_gray` first brings frames to a spike camera's resolution.
        preset: a name of `SENSOR_PRESETS`, or a `Sensor`.
        threshold: V_th, in place of the preset's.
        seed: of phase and noise.
        fpn: the fixed pattern of the camera; for "gen2" a random one by default.
        rate: frames per second, to be stored with the recording.
        exposure: frames (start, stop) of the blurry picture, to be stored with the recording.

    Returns:
        The recording, packed in memory.

    Raises:
        OptionError: no frames, frames of changing size, values outside [0, 1] or not finite, an
            unknown preset, a threshold that is not above 0, a seed below 0, or a sensor with a dead
            frame whose fixed pattern has none.
        GeometryError: the fixed pattern is of another size.

    >>> spikes = simulate(np.full((100, 2, 2), 0.25), "ideal")
    >>> spikes, spikes.count().tolist()
    (SpikeStream(T=100, 2x2), [[25, 25], [25, 25]])
    """
    if isinstance(frames, (str, os.PathLike)):
        raise OptionError(
            f"frames are pictures, not a path; read {frames} with scene_frames or read_video"
        )
    sensor = resolve_sensor(preset).with_threshold(threshold)
    check_seed(seed)
    if rate is not None:
        check_rate(rate)
    if sensor.dead_frame and fpn is not None and not fpn.dead_frame:
        raise OptionError(
            "the fixed pattern is of a camera without a dead frame, and the sensor has one; "
            "simulate it without"
        )
    packed_blocks = []
    charge: npt.NDArray[np.float32] | None = None
    white_rate, frame_count = 0.0, 0
    for block in _iter_gray_blocks(frames):
        if charge is None:
            shape = block.shape[1:]
            charge = np.random.default_rng((seed, 0)).random(shape, np.float32)
            white_rate = _white_charge_per_frame(sensor, block[:1])
            if fpn is None and sensor.has_fixed_pattern:
                fpn = FixedPattern.random(shape, seed)
            if fpn is not None:
                fpn.check_shape(shape, "the simulated camera")
        packed_blocks.append(
            _simulate_block(block, frame_count, charge, sensor, white_rate, seed, fpn)
        )
        frame_count += len(block)
    if charge is None:
        raise OptionError("a simulation needs at least one frame, and there are none")
    packed = packed_blocks[0] if len(packed_blocks) == 1 else np.concatenate(packed_blocks)
    if sensor.spurious_gap is not None:
        add_spurious_spikes(packed, charge.shape, sensor.spurious_gap, seed)
    return SpikeStream(packed, charge.shape, rate=rate, exposure=exposure)


def _white_charge_per_frame(sensor: Sensor, first_frame: Light) -> float:
    """Charge that white light adds in a frame, in thresholds."""
    if sensor.coverage is None:
        return sensor.gain / sensor.threshold
    check_unit_range(first_frame)
    mean = float(first_frame.mean(dtype=np.float64))
    mean /= 255 if first_frame.dtype == np.uint8 else 1
    if mean == 0:
        raise OptionError("a black scene fires nowhere, whatever the threshold; use another scene")
    return sensor.coverage / mean


def _iter_gray_blocks(frames: Iterable[npt.ArrayLike]) -> Iterator[Light]:
    """Yield blocks of frames converted to gray, uint8 or float32 (n, H, W)."""
    if isinstance(frames, np.ndarray) and frames.size == 0 and len(frames):
        raise OptionError(f"frames hold at least one pixel, and these are {frames.shape[1:]}")
    if (
        isinstance(frames, np.ndarray)
        and frames.ndim == 3
        and frames.dtype in (np.uint8, np.float32)
    ):
        step = max(1, _BLOCK_BYTES // max(1, frames[0:1].nbytes))
        yield from (frames[a : a + step] for a in range(0, len(frames), step))
        return
    grays = (as_gray(frame) for frame in frames)
    first = next(grays, None)
    if first is None:
        return
    step = max(1, _BLOCK_BYTES // first.nbytes)
    block, frame_index = [first], 0
    while block:
        for gray in block:
            if gray.shape != first.shape:
                height, width = gray.shape
                raise OptionError(
                    f"frame {frame_index} is {width}x{height} and the first one "
                    f"{first.shape[1]}x{first.shape[0]}; all frames are of one size"
                )
            frame_index += 1
        yield np.stack(block)
        block = list(islice(grays, step))


def _simulate_block(
    light_frames: Light,
    first_frame_index: int,
    charge: npt.NDArray[np.float32],
    sensor: Sensor,
    white_rate: float,
    seed: int,
    fpn: FixedPattern | None,
) -> npt.NDArray[np.uint8]:
    """Simulate a block of frames: packed spikes. ``charge`` is updated in place."""
    count, height, width = light_frames.shape
    check_values = light_frames.dtype != np.uint8
    scale = np.float32(white_rate if check_values else white_rate / 255)
    if fpn is not None or sensor.photons is not None or sensor.dark_current or sensor.dead_frame:
        check_unit_range(light_frames)
        light_frames = light_frames * scale
        scale, check_values = np.float32(1), False
        dark_charge = np.float32(sensor.dark_current / sensor.threshold)
        if sensor.dead_frame:
            collected = light_frames + dark_charge
            light_frames, dark_charge = collected / (1 + collected), np.float32(0)
        if fpn is not None:
            light_frames = fpn.distort(light_frames)
        light_frames += dark_charge
        if sensor.photons is not None:
            add_shot_noise(light_frames, sensor.photons * sensor.threshold, seed, first_frame_index)
    noise_shape = light_frames.shape if sensor.reset_noise else (0, 0, 0)
    reset_noise = draw_reset_noise(noise_shape, sensor.reset_noise, seed, first_frame_index)
    invalid_rows = np.zeros(height, np.uint8)
    # Rows of whole bytes are packed at once, into their final place.
    whole_bytes = width % 8 == 0
    out = np.empty((count, height, width // 8 if whole_bytes else width), np.uint8)
    run_over_rows(
        _integrate,
        height,
        light_frames,
        scale,
        check_values,
        charge,
        reset_noise,
        sensor.carry_over,
        out,
        invalid_rows,
    )
    if invalid_rows.any():
        check_unit_range(light_frames)
    return out.reshape(count, -1) if whole_bytes else bits.pack(out)


@njit(nogil=True, cache=True, error_model="numpy")
def _integrate(  # type: ignore[no-untyped-def]
    light,
    scale,
    check_values,
    charge,
    reset_noise,
    carry_over,
    out,
    invalid_rows,
    first_row,
    last_row,
):
    count, height, width = light.shape
    fired = np.empty(width, np.uint8)
    eights = fired[: width // 8 * 8].view(np.uint64)
    zero, one = np.float32(0), np.float32(1)
    for t in range(count):
        for row in range(first_row, last_row):
            charge_row, light_row = charge[row], light[t, row]
            # Separate from the next loop: joined, neither would be vectorised.
            if check_values:
                invalid = False
                for c in range(width):
                    invalid |= not (light_row[c] >= zero) or light_row[c] > one
                invalid_rows[row] |= invalid
            for c in range(width):
                total = charge_row[c] + scale * np.float32(light_row[c])
                fired[c] = total >= one
                charge_row[c] = total - max(np.floor(total), zero)
            if not carry_over:
                for c in range(width):
                    charge_row[c] = zero if fired[c] else charge_row[c]
            if len(reset_noise):
                for c in range(width):
                    if fired[c]:
                        charge_row[c] += reset_noise[t, row, c]
            if out.shape[2] == width:
                out[t, row] = fired
            else:
                packed = out[t, height - 1 - row]
                for k in range(len(packed)):
                    # Gathers the lowest bits of eight bytes in the highest byte.
                    packed[k] = (eights[k] * np.uint64(0x0102040810204080)) >> np.uint64(56)
