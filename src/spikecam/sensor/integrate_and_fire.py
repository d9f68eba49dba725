"""Integrate and fire: light to spikes, the camera simulated.

    A(t) = (A(t-1) + I(t)) mod V_th,    a spike where A(t-1) + I(t) >= V_th

(SpikeGen Eq. 1-2). What exceeds the threshold is carried over, so that no charge is lost: up to the
phase that it starts with, a pixel's spikes times V_th are the light that it saw. A pixel fires once
a frame at most: of light above V_th a frame, whole thresholds are lost, as Eq. 1 has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam import bits
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import as_gray, check_light
from spikecam.rows import over_rows
from spikecam.sensor.noise import add_spurious, kicks, photon_counts
from spikecam.sensor.sensor import Sensor, check_seed, resolve_sensor
from spikecam.stream import Span, SpikeStream, check_rate

Light = npt.NDArray[Any]

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
    """Simulate a spike camera that looks at ``frames``, one frame of spikes for each.

    Every pixel starts at a random phase. Noise comes from ``seed`` alone: the same seed gives the
    same bits, however many cores there are.

    Args:
        frames: a video: an array (T, H, W) or (T, H, W, 3), or pictures one after another; floats
            in [0, 1] or uint8. Colours become gray as the sensor sees it, 0.30 R + 0.59 G + 0.11 B.
            `quarter_gray` first brings frames to a spike camera's resolution.
        preset: a name of `SENSOR_PRESETS`, or a `Sensor`.
        threshold: V_th, in place of the preset's.
        seed: of phase and noise.
        fpn: the fixed pattern of the camera; "gen2" draws one of its own kind where none is given.
        rate: frames per second, where the recording shall say it.
        exposure: frames (start, stop) of the blurry picture, where the recording shall say it.

    Returns:
        The recording, packed in memory.

    Raises:
        OptionError: no frames, frames of changing size, values outside [0, 1] or not finite, an
            unknown preset, a threshold that is not above 0, or a seed below 0.
        GeometryError: the fixed pattern is of another size.

    >>> spikes = simulate(np.full((100, 2, 2), 0.25), "ideal")
    >>> spikes, spikes.count().tolist()
    (SpikeStream(T=100, 2x2), [[25, 25], [25, 25]])
    """
    if isinstance(frames, (str, os.PathLike)):
        raise OptionError(f"frames are pictures, not a path; read {frames} with film or read_video")
    sensor = resolve_sensor(preset).with_threshold(threshold)
    check_seed(seed)
    if rate is not None:
        check_rate(rate)
    packed = []
    state: npt.NDArray[np.float32] | None = None
    scale, seen = 0.0, 0
    for block in _blocks(frames):
        if state is None:
            shape = block.shape[1:]
            state = np.random.default_rng((seed, 0)).random(shape, np.float32)
            scale = _rate_of_white(sensor, block[:1])
            if fpn is None and sensor.has_fixed_pattern:
                fpn = FixedPattern.random(shape, seed)
            if fpn is not None:
                fpn.check_shape(shape, "the simulated camera")
        packed.append(_fire(block, seen, state, sensor, scale, seed, fpn))
        seen += len(block)
    if state is None:
        raise OptionError("a simulation needs at least one frame, and there are none")
    stored = packed[0] if len(packed) == 1 else np.concatenate(packed)
    if sensor.spurious_gap is not None:
        add_spurious(stored, state.shape, sensor.spurious_gap, seed)
    return SpikeStream(stored, state.shape, rate=rate, exposure=exposure)


def _rate_of_white(sensor: Sensor, first: Light) -> float:
    """Thresholds of charge that white brings in a frame; ``first`` is the first one, alone."""
    if sensor.coverage is None:
        return sensor.gain / sensor.threshold
    check_light(first)
    mean = float(first.mean(dtype=np.float64)) / (255 if first.dtype == np.uint8 else 1)
    if mean == 0:
        raise OptionError("a black scene fires nowhere, whatever the threshold; give another")
    return sensor.coverage / mean


def _blocks(frames: Iterable[npt.ArrayLike]) -> Iterator[Light]:
    """Gray frames (n, H, W), uint8 or float32, a block at a time."""
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
    block, number = [first], 0
    while block:
        for gray in block:
            if gray.shape != first.shape:
                height, width = gray.shape
                raise OptionError(
                    f"frame {number} is {width}x{height} and the first one "
                    f"{first.shape[1]}x{first.shape[0]}; all frames are of one size"
                )
            number += 1
        yield np.stack(block)
        block = list(islice(grays, step))


def _fire(
    block: Light,
    first: int,
    state: npt.NDArray[np.float32],
    sensor: Sensor,
    scale: float,
    seed: int,
    fpn: FixedPattern | None,
) -> npt.NDArray[np.uint8]:
    """Packed spikes of a block of frames whose first is number ``first``; ``state`` moves on."""
    count, height, width = block.shape
    check = block.dtype != np.uint8
    per_level = np.float32(scale if check else scale / 255)
    if fpn is not None or sensor.photons is not None or sensor.dark_current:
        check_light(block)
        block = block * per_level
        per_level, check = np.float32(1), False
        if fpn is not None:
            block = fpn.distort(block)
        block += np.float32(sensor.dark_current / sensor.threshold)
        if sensor.photons is not None:
            photon_counts(block, sensor.photons * sensor.threshold, seed, first)
    noise = kicks(block.shape if sensor.reset_noise else (0, 0, 0), sensor.reset_noise, seed, first)
    bad = np.zeros(height, np.uint8)
    # Rows of whole bytes are packed as they fire, into their final place.
    whole = width % 8 == 0
    out = np.empty((count, height, width // 8 if whole else width), np.uint8)
    over_rows(
        _integrate,
        height,
        block,
        per_level,
        check,
        state,
        noise,
        sensor.carry_over,
        out,
        bad,
    )
    if bad.any():
        check_light(block)
    return out.reshape(count, -1) if whole else bits.pack(out)


@njit(nogil=True, cache=True, error_model="numpy")
def _integrate(light, scale, check, state, noise, carry, out, bad, first_row, last_row):  # type: ignore[no-untyped-def]
    count, height, width = light.shape
    fired = np.empty(width, np.uint8)
    eights = fired[: width // 8 * 8].view(np.uint64)
    zero, one = np.float32(0), np.float32(1)
    for t in range(count):
        for row in range(first_row, last_row):
            held, seen = state[row], light[t, row]
            # A loop of its own: together with the next, neither would be vectorised.
            if check:
                wrong = False
                for c in range(width):
                    wrong |= not (seen[c] >= zero) or seen[c] > one
                bad[row] |= wrong
            for c in range(width):
                total = held[c] + scale * np.float32(seen[c])
                fired[c] = total >= one
                held[c] = total - max(np.floor(total), zero)
            if not carry:
                for c in range(width):
                    held[c] = zero if fired[c] else held[c]
            if len(noise):
                for c in range(width):
                    if fired[c]:
                        held[c] += noise[t, row, c]
            if out.shape[2] == width:
                out[t, row] = fired
            else:
                packed = out[t, height - 1 - row]
                for k in range(len(packed)):
                    # Gathers the lowest bits of eight bytes in the highest byte.
                    packed[k] = (eights[k] * np.uint64(0x0102040810204080)) >> np.uint64(56)
