"""What is worked on when speed is measured: one recording, one video, one blurry picture.

They lie in a folder, so that a process of its own opens them as cheaply as a user's would.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES
from spikecam.picture import Picture

# A picture's pixels to one of its spikes, along a side, and the frames of its recording.
_SCALE, _CAPTURED = 4, RECORDING_FRAMES


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        recording: frames, height and width of the spikes that pictures are made of.
        video: frames, height and width of what is simulated.
        picture: height and width of the blurry picture, multiples of 8.
        rounds: how often each loop is timed, at least.
        pictures: how many sharp pictures are timed, at least.
        seconds: for how long either goes on, where that is quick.
        copied: bytes of the copy that tells how fast memory is.
        side: of the matrices that are multiplied.
    """

    recording: tuple[int, int, int] = (301, 250, 400)
    video: tuple[int, int, int] = (137, 180, 320)
    picture: tuple[int, int] = (720, 1280)
    rounds: int = 7
    pictures: int = 9
    seconds: float = 3.0
    copied: int = 256 << 20
    side: int = 2048


FULL = Sizes()
QUICK = Sizes(
    recording=(241, 125, 200),
    picture=(360, 640),
    rounds=3,
    pictures=3,
    seconds=1.0,
    copied=64 << 20,
    side=1024,
)


class Inputs:
    """The inputs in a folder, read when they are asked for; see `make_inputs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The file of the recording."""
        return self.folder / "recording.dat"

    @cached_property
    def recording(self) -> sc.SpikeStream:
        """Spikes of a moving pattern."""
        return sc.open(self.path)

    @cached_property
    def spikes(self) -> npt.NDArray[np.uint8]:
        """The recording as 0/1, (T, H, W)."""
        return np.asarray(self.recording)

    @cached_property
    def tensor(self) -> Any:
        """The recording as a tensor of bytes, 0/1, (T, H, W)."""
        import torch

        return torch.from_numpy(self.spikes)

    @cached_property
    def video(self) -> npt.NDArray[np.uint8]:
        """A gray video of random levels, (T, H, W)."""
        return self._array("video")

    @cached_property
    def blur(self) -> Picture:
        """A random picture in place of a blurry one, (h, w, 3)."""
        return self._array("blur")

    @cached_property
    def captured(self) -> sc.SpikeStream:
        """Random spikes of the picture's view, 137 frames, a quarter as fine."""
        return sc.open(self.folder / "captured.dat")

    def _array(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy")
        return array


def make_inputs(folder: Path, sizes: Sizes) -> Inputs:
    """Write inputs of these sizes to an existing folder."""
    rng = np.random.default_rng(0)
    sc.save(folder / "recording.dat", scene(*sizes.recording))
    np.save(folder / "video.npy", rng.integers(0, 256, sizes.video, np.uint8))
    height, width = sizes.picture
    np.save(folder / "blur.npy", rng.random((height, width, 3), np.float32))
    grid = (_CAPTURED, height // _SCALE, width // _SCALE)
    captured = sc.SpikeStream.from_array(rng.random(grid, np.float32) < 0.3)
    captured.exposure = captured.check_exposure(EXPOSURE)
    sc.save(folder / "captured.dat", captured)
    return Inputs(folder)


def scene(frames: int, height: int, width: int) -> sc.SpikeStream:
    """Spikes of a moving pattern whose rates run from 0.02 to 0.6."""
    rng = np.random.default_rng(0)
    y, x = np.arange(height)[:, None], np.arange(width)
    held = rng.random((height, width))
    spikes = np.empty((frames, height, width), np.bool_)
    for t in range(frames):
        held += 0.31 + 0.29 * np.sin(x / 17 + t / 9) * np.cos(y / 23 - t / 31)
        spikes[t] = held >= 1
        held -= spikes[t]
    return sc.SpikeStream.from_array(spikes)
