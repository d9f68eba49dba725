"""TFSTP, texture from short-term plasticity: brightness from the state of a model synapse.

At a spike d frames after the pixel's last one, with R(0) = 1, u(0) = u0, and the first interval
counted from frame -1,

    R <- 1 - (1 - R (1 - u)) exp(-d / D)
    u <- u0 + (u + f (1 - u) - u0) exp(-d / F)

and between spikes the picture is, for the values of R and u after the last spike,

    rho = -1 / (F ln((u - u0) / (F - u0 + u (1 - f)))) - 1 / (D ln((1 - R) / (1 - R (1 - u))))

(Zheng et al., "Capture the moment: high-speed imaging with spiking cameras through short-term
plasticity", TPAMI 2023.) The second term is the inverse interval as R remembers it. The field
computes in single precision, where R is exactly 1 after some 17 frames of silence (at D = 1), so
slower pixels are left with the first term, about 0.016: near black.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.rows import iter_empty_picture_blocks, iter_selected_pictures, run_over_rows
from spikecam.stream import SpikeStream

# By then the synapses of pixels that fired meanwhile no longer depend on where they began.
WARM_UP_FRAMES = 512


@dataclass(frozen=True)
class Plasticity:
    """Constants of the synapse: u0 and f in [0, 1), D and F in frames."""

    u0: float = 0.15
    D: float = 1.0
    F: float = 10.0
    f: float = 0.15

    def __post_init__(self) -> None:
        if not (0 < self.u0 < 1 and 0 <= self.f < 1 and self.D > 0 and self.F > 1):
            raise OptionError(
                f"{self} cannot be: u0 must be in (0, 1), f in [0, 1), D above 0 and F above 1"
            )


class Synapses:
    """State of the synapse of every pixel, advanced a block of frames at a time.

    Attributes R, u and rho are float32 (H, W), as after the last frame that was seen.
    """

    def __init__(self, height: int, width: int, plasticity: Plasticity) -> None:
        self.plasticity = plasticity
        self.frame_count = 0
        self.R = np.ones((height, width), np.float32)
        self.u = np.full((height, width), plasticity.u0, np.float32)
        self.rho = np.zeros((height, width), np.float32)
        # Frames of the last spikes, counted from the next frame.
        self._last = np.full((height, width), -1, np.int32)
        # exp(-d / D) and exp(-d / F) as far as single precision tells them from 0.
        intervals = np.arange(int(105 * max(plasticity.D, plasticity.F)) + 2)
        self._decay_R = np.exp(-intervals / plasticity.D).astype(np.float32)
        self._decay_u = np.exp(-intervals / plasticity.F).astype(np.float32)

    def advance(self, rows: npt.NDArray[np.uint8], rho_pictures: Picture | None = None) -> None:
        """Advance by the next frames, given as rows; write rho after each to ``rho_pictures``.

        Rows are as from `SpikeStream.packed_rows`, and ``rho_pictures`` is (len(rows), H, W); where
        none are wanted it is several times as fast.
        """
        p = self.plasticity
        constants = tuple(np.float32(c) for c in (p.u0, p.D, p.F, p.f))
        state = (self.R, self.u, self.rho)
        args = (rows, state, self._last, (self._decay_R, self._decay_u), constants)
        if rho_pictures is None:
            run_over_rows(_advance_to_last, len(self.R), *args)
        else:
            run_over_rows(_advance, len(self.R), *args, rho_pictures)
        self.frame_count += len(rows)


@dataclass(frozen=True)
class TfstpOptions:
    """Options of TFSTP.

    Attributes:
        plasticity: constants of the synapse.
        fpn: fixed pattern of the camera, corrected in each picture.
        warm_up: frames before the first picture from which the state builds up; all by default.
    """

    plasticity: Plasticity = Plasticity()
    fpn: FixedPattern | None = None
    warm_up: int | None = None

    def __post_init__(self) -> None:
        if self.warm_up is not None and self.warm_up < 0:
            raise OptionError(f"a warm-up is a number of frames from 0, not {self.warm_up}")


def tfstp(stream: SpikeStream, frames: Sequence[int], options: TfstpOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by TFSTP.

    The state builds up from the stream's first frame, so that a late frame costs a pass over all
    before it, or from so many frames before the first picture as the option ``warm_up`` says.

    Args:
        stream: the recording.
        frames: frame indices.
        options: constants of the synapse and fixed pattern.

    Returns:
        Iterator over rho, close to the firing rate, float32 (H, W); 0 before a pixel's first spike.
        What exceeds 1, as for a pixel that fires in nearly every frame, is clipped to 1.

    Raises:
        RangeError: a frame lies outside the recording.
    """
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    run = partial(_run, stream, options=options)
    pictures = iter_selected_pictures(run, frames, single_frame_cost=math.inf)
    return pictures if options.fpn is None else map(options.fpn.correct, pictures)


def _run(stream: SpikeStream, first: int, last: int, options: TfstpOptions) -> Iterator[Picture]:
    if options.warm_up is not None and first > options.warm_up:
        begin = first - options.warm_up
        stream, first, last = stream[begin:], first - begin, last - begin
    _, height, width = stream.shape
    synapses = Synapses(height, width, options.plasticity)
    for start, stop in stream[:first].block_spans(1 << 20):
        synapses.advance(stream.packed_rows(start, stop))
    # The state of a row is read and written once for so many frames.
    for pictures in iter_empty_picture_blocks(first, last, stream.shape, min_frames=4):
        synapses.advance(
            stream.packed_rows(synapses.frame_count, synapses.frame_count + len(pictures)), pictures
        )
        yield from pictures


class OnlineTfstp:
    """TFSTP of frames as they come, for live use. Its state advances with every frame.

    Args:
        shape: height and width in pixels.
        options: constants of the synapse; the fixed pattern is not corrected.
    """

    def __init__(self, shape: tuple[int, int], options: TfstpOptions) -> None:
        self._synapses = Synapses(*shape, options.plasticity)
        # What is compiled is loaded now, not when frames wait.
        self.update(SpikeStream.from_array(np.zeros((0, *shape), np.uint8)))

    def update(self, frames: SpikeStream) -> None:
        """Advance by the frames that come next."""
        self._synapses.advance(frames.packed_rows())

    def picture(self) -> Picture:
        """Firing rates in [0, 1] after the last frame, float32 (H, W).

        They are 0 before a first spike.
        """
        picture: Picture = np.minimum(self._synapses.rho, np.float32(1))
        return picture


METHOD = Method(
    name="tfstp",
    summary="brightness from a model of short-term plasticity; its first pictures build up, and "
    "what fires less than every 17th frame is black",
    takes=Takes.SPIKES,
    run=tfstp,
    options=TfstpOptions,
    source="Zheng et al., TPAMI 2023",
    warm_up=WARM_UP_FRAMES,
    online=OnlineTfstp,
)


# The columns of the bits that are set in each byte, packed to the front, and their number.
_POPULATION = np.array([bin(byte).count("1") for byte in range(256)], np.int32)
_COLUMNS = np.zeros((256, 8), np.uint32)
for _byte in range(256):
    _COLUMNS[_byte, : _POPULATION[_byte]] = [bit for bit in range(8) if _byte >> bit & 1]


@njit(nogil=True, cache=True, error_model="numpy")
def _advance(rows, state, last_spikes, decays, constants, pictures, first_row, last_row):  # type: ignore[no-untyped-def]
    one = np.float32(1)
    u0, _, _, f = constants
    longest = np.int32(len(decays[0]) - 1)
    width = pictures.shape[2]
    # The pixels of a row that fired are gathered into short arrays, on which the arithmetic runs
    # many at a time, and scattered back. Their columns are unsigned: a signed index might be
    # negative, and would be looked at for that.
    room = 8 * rows.shape[2] + 32
    columns = np.empty(room, np.uint32)
    R, u = np.zeros(room, np.float32), np.zeros(room, np.float32)
    by_R, by_u = np.zeros(room, np.float32), np.zeros(room, np.float32)
    for row in range(first_row, last_row):
        Rs, us, rhos = state[0][row], state[1][row], state[2][row]
        last = last_spikes[row]
        for i in range(len(rows)):
            n = 0
            for k in range(rows.shape[2]):
                byte = rows[i, row, k]
                for bit in range(8):
                    columns[n + bit] = np.uint32(8 * k) + _COLUMNS[byte, bit]
                n += _POPULATION[byte]
            for j in range(n):
                column = columns[j]
                d = np.uint32(min(np.int32(i) - last[column], longest))
                last[column] = i
                R[j], u[j] = Rs[column], us[column]
                by_R[j], by_u[j] = decays[0][d], decays[1][d]
            # To whole bundles of instructions: what is left over would run one at a time.
            bundled = (n + 31) // 32 * 32
            for j in range(bundled):
                R[j] = one - (one - R[j] * (one - u[j])) * by_R[j]
                u[j] = u0 + (u[j] + f * (one - u[j]) - u0) * by_u[j]
            # What they decayed by is done with; their place is for rho.
            _compute_rho(R, u, constants, bundled, by_R, by_u)
            for j in range(n):
                column = columns[j]
                Rs[column], us[column], rhos[column] = R[j], u[j], by_u[j]
            picture = pictures[i, row]
            for column in range(width):
                picture[column] = min(rhos[column], one)
        for column in range(width):
            last[column] = max(last[column] - len(rows), -longest)


# What the bits of a byte are, a byte each, as one number: looked up and stored eight at a time.
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8), bitorder="little").view(np.uint64)


@njit(nogil=True, cache=True, error_model="numpy")
def _advance_to_last(rows, state, last_spikes, decays, constants, first_row, last_row):  # type: ignore[no-untyped-def]
    """Advance by frames, and compute rho after the last one alone.

    Without its logarithms so little is left to do that it is done for every pixel, fired or not.
    """
    one = np.float32(1)
    u0, _, _, f = constants
    frames, _, row_bytes = rows.shape
    width = state[0].shape[1]
    longest = np.int32(len(decays[0]) - 1)
    # A product of steps for what `_advance` looks up: the last digit may differ.
    step_R, step_u = decays[0][1], decays[1][1]
    # Below this, numbers are too small to be computed with at full speed, and make no difference.
    min_decay = np.float32(1e-30)
    packed = np.empty(row_bytes, np.uint64)
    fired = packed.view(np.uint8)
    decay_R, decay_u = np.empty(width, np.float32), np.empty(width, np.float32)
    spare = np.empty(width, np.float32)
    for row in range(first_row, last_row):
        R, u, rho, last = state[0][row], state[1][row], state[2][row], last_spikes[row]
        for column in range(width):
            silent = min(-1 - last[column], longest)
            decay_R[column], decay_u[column] = decays[0][silent], decays[1][silent]
        for i in range(frames):
            for k in range(row_bytes):
                packed[k] = _BITS[rows[i, row, k]]
            for column in range(width):
                hit = fired[column] != 0
                to_R = max(decay_R[column] * step_R, min_decay)
                to_u = max(decay_u[column] * step_u, min_decay)
                r, v = R[column], u[column]
                R[column] = one - (one - r * (one - v)) * to_R if hit else r
                u[column] = u0 + (v + f * (one - v) - u0) * to_u if hit else v
                decay_R[column] = one if hit else to_R
                decay_u[column] = one if hit else to_u
                last[column] = np.int32(i) if hit else last[column]
        for column in range(width):
            last[column] = max(last[column] - frames, -longest)
        _compute_rho(R, u, constants, width, spare, rho)


@njit(nogil=True, inline="always", error_model="numpy")
def _compute_rho(R, u, constants, pixels, spare, rho):  # type: ignore[no-untyped-def]
    """Compute rho of the first pixels from their state R and u after a spike (see above)."""
    one = np.float32(1)
    u0, D, F, f = constants
    for j in range(pixels):
        spare[j] = (one - R[j]) / (one - R[j] * (one - u[j]))
        rho[j] = (u[j] - u0) / (F - u0 + u[j] * (one - f))
    _log_in_place(spare, pixels)
    _log_in_place(rho, pixels)
    for j in range(pixels):
        rho[j] = -one / (F * rho[j]) - one / (D * spare[j])


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _log_in_place(values, count):  # type: ignore[no-untyped-def]
    """Replace the first ``count`` values by their logarithm, in place.

    It is exact to 2 ulp of float32.

    np.log compiles to a library call for each element, half the cost of the whole method. Here
    x = m 2^e with m in [sqrt(1/2), sqrt(2)), and with s = (m - 1) / (m + 1), |s| < 0.172,
    log m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...).
    """
    bits = values.view(np.int32)
    root_half = np.int32(0x3F3504F3)
    for j in range(count):
        zero = bits[j] == 0
        e = (bits[j] - root_half) >> 23
        bits[j] -= e << 23
        s = (values[j] - np.float32(1)) / (values[j] + np.float32(1))
        q = s * s
        tail = np.float32(1 / 9) * q + np.float32(1 / 7)
        tail = (tail * q + np.float32(1 / 5)) * q + np.float32(1 / 3)
        log_m = np.float32(2) * (s + s * q * tail)
        values[j] = np.float32(-np.inf) if zero else log_m + np.float32(e) * np.float32(np.log(2))
