"""The picture of this moment, out of frames that keep coming."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.reconstruction.tfstp import Plasticity, Synapses
from spikecam.stream import SpikeStream


class Moment(Protocol):
    """What sees every frame, and makes a picture when one is asked for; ``method`` is its name."""

    method: str

    def see(self, frames: SpikeStream) -> None:
        """Take the frames that come next."""

    def picture(self) -> Picture:
        """Firing rates in [0, 1] as of now, float32 (H, W); black before the first spike."""


class TfpMoment:
    """TFP of the last ``window`` frames; at the beginning, of those that there are."""

    method = "tfp"

    def __init__(self, shape: tuple[int, int], window: int) -> None:
        if window < 1:
            raise OptionError(f"a window is a number of frames from 1 on, not {window}")
        self.window = window
        self._kept = SpikeStream.from_array(np.zeros((0, *shape), np.uint8))

    def see(self, frames: SpikeStream) -> None:
        """Keep what the next picture is made of."""
        last = frames[max(0, len(frames) - self.window) :]
        before = self._kept[max(0, len(self._kept) + len(last) - self.window) :]
        if not len(before):
            self._kept = last
            return
        self._kept = SpikeStream(
            np.concatenate([before.packed(), last.packed()]),
            frames.shape[1:],
            row_width=frames.row_width,
        )

    def picture(self) -> Picture:
        """See `Moment`."""
        frames = np.float32(max(len(self._kept), 1))
        rate: Picture = self._kept.count().astype(np.float32) / frames
        return rate


class TfstpMoment:
    """TFSTP: every synapse moves on with every frame."""

    method = "tfstp"

    def __init__(self, shape: tuple[int, int]) -> None:
        self._synapses = Synapses(*shape, Plasticity())
        # What is compiled is loaded now, not when frames wait.
        self.see(SpikeStream.from_array(np.zeros((0, *shape), np.uint8)))

    def see(self, frames: SpikeStream) -> None:
        """Move the state on."""
        self._synapses.advance(frames.rows())

    def picture(self) -> Picture:
        """See `Moment`."""
        picture: Picture = np.minimum(self._synapses.rho, np.float32(1))
        return picture


METHODS = ("tfp", "tfstp")


def moment_by(method: str, shape: tuple[int, int], window: int) -> Moment:
    """By a method's name; ``window`` is for TFP.

    Raises:
        OptionError: another method, or a window below 1.
    """
    if method == "tfp":
        return TfpMoment(shape, window)
    if method == "tfstp":
        return TfstpMoment(shape)
    raise OptionError(f"live pictures are made by {' or '.join(METHODS)}, not {method!r}")
