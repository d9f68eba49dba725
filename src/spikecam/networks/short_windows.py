"""Short windows of frames that overlap, by which Spk2ImgNet and BSF see a longer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from spikecam.errors import OptionError

if TYPE_CHECKING:
    from torch import Tensor

# The middle one of them is the reference.
SHORT_WINDOWS = 5
MIDDLE_WINDOW = SHORT_WINDOWS // 2


class ShortWindows(Protocol):
    """Configuration with the length of a short window, and frames from one to the next."""

    @property
    def short_window(self) -> int:
        """Frames of a short window."""

    @property
    def step(self) -> int:
        """Frames from one short window to the next."""


def count_window_frames(config: ShortWindows) -> int:
    """Count the frames that all short windows cover together."""
    return config.short_window + (SHORT_WINDOWS - 1) * config.step


def short_window_centres(config: ShortWindows) -> tuple[int, ...]:
    """Middle frames of the short windows, from the first of all frames."""
    return tuple(start + config.short_window // 2 for start in short_window_starts(config, 0))


def short_window_starts(config: ShortWindows, start: int) -> list[int]:
    """First frames of the short windows of a window that begins at a frame."""
    return [start + i * config.step for i in range(SHORT_WINDOWS)]


def check_short_window(config: ShortWindows) -> None:
    """Refuse short windows of an even number of frames.

    Raises:
        OptionError: they have one.
    """
    if config.short_window % 2 == 0:
        raise OptionError(f"a short window is an odd number of frames, not {config.short_window}")


def split_short_windows(frames: Tensor, config: ShortWindows, axis: int) -> list[Tensor]:
    """Split frames into the short windows, along the axis of time.

    Raises:
        OptionError: there are more or fewer frames than the short windows cover.
    """
    length = count_window_frames(config)
    if frames.shape[axis] != length:
        raise OptionError(
            f"the network sees a window of {length} frames, not of {frames.shape[axis]}"
        )
    starts = short_window_starts(config, 0)
    return [frames.narrow(axis, start, config.short_window) for start in starts]
