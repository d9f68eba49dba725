"""Choice of a method and its window by the light and the motion of a recording.

What moves is reconstructed along its motion, by a network, and so is what stands still in little
light. What stands still in good light, or is too dark for motion to be followed, is averaged in a
window that is as long as its light asks for. Long films are made by the small network, and those of
so many pictures that this would take minutes, too, by methods of one pass.

Motion is looked for at a few moments, in blocks of pixels: the difference of two short exposures,
brought to the same brightness, is noise where nothing moves, independent from pixel to pixel, and
has the same sign in neighbours where something does. A lamp that flickers changes the brightness of
a block alone, where its light has no edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.frames import Frames, choose_frames
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.picture import Picture
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.reconstruction.methods.fusion import QUICK_WEIGHTS
from spikecam.stream import Span, SpikeStream

# The name that stands for a choice, in place of a method's.
AUTO = "auto"
# For what moves, and for thousands of pictures a second.
MOTION_METHOD, FAST_METHOD = "fusion", "tfp"
# In place of frame indices: every frame that the method can make.
EVERY_FRAME = "all"

# Pixels of all pictures of a film up to which motion is followed, and up to which the small network
# does so: about two minutes each on two cores.
MAX_MOTION_PIXELS, MAX_QUICK_PIXELS = 20_000_000, 150_000_000
# Spikes of a pixel of mean light in a window of what stands still, and bounds of the window. In it
# motion is looked for, and in the shortest one light is measured.
_WINDOW_SPIKES, _MIN_WINDOW, _MAX_WINDOW = 64, 129, 401
# Window of long films of what moves, and one below which a still picture is too grainy.
_MOVING_WINDOW = 17
# Firing rates below which short exposures are too dark to follow motion, below which a picture of
# what stands still is grainy, and above which most pixels fire in every frame.
_DARK_RATE, _GRAINY_RATE, _SATURATED_RATE = 0.006, 0.06, 0.98
# Short exposures that are compared: spikes of a pixel of mean light, and frames at least.
_EXPOSURE_SPIKES, _MIN_EXPOSURE_FRAMES = 6, 21
# Spikes of a pixel of mean light within which the next one is searched for.
_SEARCH_SPIKES = 8
# Side of the blocks in pixels; how far the correlation of neighbours lies above that of noise in
# standard deviations, in which share of blocks, for motion.
_BLOCK_PIXELS, _MIN_DEVIATIONS, _MOVING_SHARE = 16, 6.0, 0.005
# Difference by share of the block's light that is taken for none.
_SMALL_DIFFERENCE = 0.01
# Change of the picture's mean from one exposure to another that is called flicker.
_FLICKER = 0.1


@dataclass(frozen=True)
class MethodChoice:
    """A method with its options, and why it suits a recording.

    Attributes:
        method: its name.
        options: those that differ from its defaults.
        reason: in a sentence, without a full stop.
    """

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def __str__(self) -> str:
        flags = "".join(f" --{name} {value}" for name, value in self.options.items())
        return f"method {self.method}{flags}: {self.reason}"


@dataclass(frozen=True)
class _Light:
    """Light and motion around one moment.

    Attributes:
        rate: mean firing rate.
        moves: whether anything moves.
        flickers: whether the brightness of the whole changes.
    """

    rate: float
    moves: bool
    flickers: bool


def choose_method(
    spikes: SpikeStream | PathLike, frames: Frames | str | None = None
) -> MethodChoice:
    """Choose the method and its window by the light and the motion of a recording.

    The choice depends on the recording alone, and takes constant memory: a few hundred frames are
    read at up to three moments.

    Args:
        spikes: a recording, or the path of one whose size is in the file or in a sidecar file.
        frames: of which pictures are wanted: a count, spread evenly over the recording, or which;
            "all" for every frame that the method can make; by default one picture of any moment.

    Raises:
        OptionError, RangeError: frames that cannot be.

    >>> light = SpikeStream.from_array(np.ones((9, 2, 3)))
    >>> print(choose_method(light))
    method tfp --window 9: nearly every pixel fires in every frame, so that all is white
    """
    stream = as_stream(spikes)
    length = len(stream)
    if not length:
        return MethodChoice(FAST_METHOD, {}, "the recording has no frames")
    if length == 1:
        return MethodChoice(FAST_METHOD, {"window": 1}, "the recording is a single frame")
    moments, count, longest = _moments_and_counts(stream, frames)
    lights = [_measure_light(stream, moment) for moment in moments]
    rate = float(np.mean([light.rate for light in lights]))
    if rate == 0:
        return MethodChoice(FAST_METHOD, _window(_MIN_WINDOW, longest), "no pixel fires")
    if rate > _SATURATED_RATE:
        reason = "nearly every pixel fires in every frame, so that all is white"
        return MethodChoice(FAST_METHOD, _window(_MIN_WINDOW, longest), reason)
    flicker = ", under lamps that flicker" if any(light.flickers for light in lights) else ""
    moves = any(light.moves for light in lights)
    pixels = count * stream.height * stream.width
    is_long = pixels > MAX_MOTION_PIXELS
    frames_of_light = round(_WINDOW_SPIKES / rate)
    window = _window(frames_of_light, longest)
    light_text = f"at {rate:.2g} spikes a pixel and frame{flicker}"
    if rate < _DARK_RATE:
        reason = f"too dark for motion to be followed, {light_text}"
        return MethodChoice(FAST_METHOD, window, reason)
    if moves and pixels > MAX_QUICK_PIXELS:
        reason = f"the scene moves, {light_text}, and {count:,} pictures along motion take long"
        return MethodChoice("tfi", _window(_MOVING_WINDOW, longest, 1), reason)
    if moves and is_long:
        reason = f"the scene moves, {light_text}, and {count:,} pictures are wanted"
        return MethodChoice(MOTION_METHOD, {"weights": QUICK_WEIGHTS}, reason)
    if moves:
        return MethodChoice(MOTION_METHOD, {}, f"the scene moves, {light_text}")
    if rate < _GRAINY_RATE and not is_long:
        reason = f"the scene stands still in little light, {light_text}"
        return MethodChoice(MOTION_METHOD, {}, reason)
    if is_long:
        reason = f"the scene stands still, {light_text}, and {count:,} pictures are wanted"
        return MethodChoice(FAST_METHOD, window, reason)
    # Intervals that a recording's end cuts are not known.
    window = _window(frames_of_light, longest - round(1 / rate))
    if window["window"] < _MOVING_WINDOW <= length:
        # It takes what lies on one side of a frame near the recording's end.
        reason = f"the scene stands still, {light_text}, and frames near an end have no window"
        return MethodChoice(MOTION_METHOD, {}, reason)
    return MethodChoice("tfi", window, f"the scene stands still, {light_text}")


def resolve_method(
    stream: SpikeStream, method: str, options: Mapping[str, Any], frames: Frames | str | None
) -> tuple[str, dict[str, Any], MethodChoice | None]:
    """The method and its options, chosen where the method is `AUTO`.

    Options that are given without a method, other than the fixed pattern, are those of
    `FAST_METHOD`: what a window means does not depend on the recording.

    Returns:
        Name, options, and the choice, None where there was none to make.
    """
    if method != AUTO:
        return method, dict(options), None
    if options.keys() - {"fpn"}:
        return FAST_METHOD, dict(options), None
    choice = choose_method(stream, frames)
    return choice.method, {**choice.options, **options}, choice


def _moments_and_counts(
    stream: SpikeStream, frames: Frames | str | None
) -> tuple[list[int], int, int]:
    """Moments at which a recording is measured, pictures that are wanted, and longest window."""
    length = len(stream)
    spread = sorted({length // 4, length // 2, 3 * length // 4})
    if frames is None:
        return spread, 1, length
    if isinstance(frames, str):
        if frames != EVERY_FRAME:
            raise OptionError(f"frames are {EVERY_FRAME!r}, a count or indices, not {frames!r}")
        return spread, length, max(1, length // 3)
    indices = choose_frames(stream, None, frames)
    first, last = min(indices), max(indices)
    moments = sorted({first, indices[len(indices) // 2], last})
    moments = [min(max(moment, 0), length - 1) for moment in moments]
    if np.ndim(frames) == 0 and not isinstance(frames, range):
        return moments, len(indices), length - len(indices) + 1
    return moments, len(indices), 2 * min(first, length - 1 - last) + 1


def _window(frames: int, longest: int, least: int = _MIN_WINDOW) -> dict[str, int]:
    """The option of an odd window of about so many frames that fits."""
    window = min(max(frames, least), _MAX_WINDOW, max(longest, 1))
    return {"window": window - 1 + window % 2}


def _span(stream: SpikeStream, moment: int, frames: int) -> Span:
    """Frames (start, stop) around a moment, as far as the recording goes."""
    return max(0, moment - frames // 2), min(len(stream), moment + frames // 2 + 1)


def _measure_light(stream: SpikeStream, moment: int) -> _Light:
    """Measure light and motion around one frame."""
    start, stop = _span(stream, moment, _MIN_WINDOW)
    rate = float(stream.count(start, stop).mean()) / (stop - start)
    if rate == 0:
        return _Light(rate, False, False)
    window = min(max(round(_WINDOW_SPIKES / rate), _MIN_WINDOW), _MAX_WINDOW)
    start, stop = _span(stream, moment, window)
    length = min(max(round(_EXPOSURE_SPIKES / rate), _MIN_EXPOSURE_FRAMES), (stop - start) // 3)
    if length < 1:
        return _Light(rate, False, False)
    reach = min(round(_SEARCH_SPIKES / rate), REACH_FRAMES)
    first, last = max(0, start - reach), min(len(stream), stop + reach)
    begins = [start, (start + stop - length) // 2, stop - length]
    edges = np.array([edge for begin in begins for edge in (begin, begin + length)]) - first
    charges = cumulative_charge(stream[first:last], edges)
    exposures = [(charges[2 * i + 1] - charges[2 * i]) / np.float32(length) for i in range(3)]
    means = [float(exposure.mean()) for exposure in exposures]
    flickers = max(means) > (1 + _FLICKER) * min(means)
    moves = any(_differ(one, other, length) for one, other in pairwise(exposures))
    return _Light(rate, moves, flickers)


def _differ(one: Picture, other: Picture, length: int) -> bool:
    """Whether two exposures of so many frames differ by more than noise and brightness."""
    sums = [_block_sums(exposure) for exposure in (one, other)]
    pixels = _block_sums(np.ones_like(one))
    gain = np.sqrt(np.maximum(sums[0], 1e-6) / np.maximum(sums[1], 1e-6))
    gain = np.repeat(np.repeat(gain, _BLOCK_PIXELS, 0), _BLOCK_PIXELS, 1)
    gain = gain[: one.shape[0], : one.shape[1]].astype(np.float32)
    difference = one / gain - other * gain
    products, squares = np.zeros_like(one), np.zeros_like(one)
    for neighbour in (np.s_[1:, :], np.s_[:, 1:]):
        here = tuple(slice(None, -1) if part.start else part for part in neighbour)
        product = difference[here] * difference[neighbour]
        products[here] += product
        squares[here] += product**2
    total, spread = _block_sums(products), np.sqrt(_block_sums(squares))
    # The times of spikes are whole frames, which alone makes neighbours alike.
    light = np.sqrt(sums[0] * sums[1]) / pixels
    least = light * (1 / length + _SMALL_DIFFERENCE)
    moving = (total > _MIN_DEVIATIONS * spread) & (total > 2 * pixels * least**2)
    return int(moving.sum()) >= max(1, _MOVING_SHARE * moving.size)


def _block_sums(picture: Picture) -> npt.NDArray[np.float64]:
    """Sums over blocks of `_BLOCK_PIXELS`, those at the border smaller."""
    rows, columns = (np.arange(0, side, _BLOCK_PIXELS) for side in picture.shape)
    sums = np.add.reduceat(picture.astype(np.float64), rows, axis=0)
    return np.asarray(np.add.reduceat(sums, columns, axis=1))
