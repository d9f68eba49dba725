"""Inputs of speed measurements: one recording, one video, one blurry picture with its spikes.

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
class SpeedSizes:
    """Sizes of the inputs of a speed measurement, and how often it is repeated.

    Attributes:
        recording: frames, height and width of the spikes that pictures are made of.
        video: frames, height and width of what is simulated.
        picture: height and width of the blurry picture, multiples of 8.
        min_rounds: how often each loop is timed, at least.
        min_pictures: how many sharp pictures are timed, at least.
        min_seconds: for how long either goes on, where that is quick.
        copy_bytes: bytes of the copy that tells how fast memory is.
        matrix_side: of the matrices that are multiplied.
    """

    recording: tuple[int, int, int] = (301, 250, 400)
    video: tuple[int, int, int] = (137, 180, 320)
    picture: tuple[int, int] = (720, 1280)
    min_rounds: int = 7
    min_pictures: int = 9
    min_seconds: float = 3.0
    copy_bytes: int = 256 << 20
    matrix_side: int = 2048


FULL = SpeedSizes()
QUICK = SpeedSizes(
    recording=(241, 125, 200),
    picture=(360, 640),
    min_rounds=3,
    min_pictures=3,
    min_seconds=1.0,
    copy_bytes=64 << 20,
    matrix_side=1024,
)


class SpeedInputs:
    """Inputs of speed measurements in a folder, each read on first use.

    See `write_inputs`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def recording_path(self) -> Path:
        """Path of the recording."""
        return self.folder / "recording.dat"

    @cached_property
    def recording(self) -> sc.SpikeStream:
        """The recording: spikes of a moving pattern."""
        return sc.open(self.recording_path)

    @cached_property
    def spike_array(self) -> npt.NDArray[np.uint8]:
        """The recording as an array of 0 and 1, (T, H, W)."""
        return np.asarray(self.recording)

    @cached_property
    def spike_tensor(self) -> Any:
        """The recording as a tensor of bytes 0 and 1, (T, H, W)."""
        import torch

        return torch.from_numpy(self.spike_array)

    @cached_property
    def video(self) -> npt.NDArray[np.uint8]:
        """A gray video of random levels, (T, H, W)."""
        return self._array("video")

    @cached_property
    def blur(self) -> Picture:
        """The blurry picture: random values, (h, w, 3)."""
        return self._array("blur")

    @cached_property
    def blur_spikes(self) -> sc.SpikeStream:
        """Spikes of the exposure of the blurry picture.

        They are random: 137 frames, a quarter as fine as the picture.
        """
        return sc.open(self.folder / "captured.dat")

    def _array(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy")
        return array


def write_inputs(folder: Path, sizes: SpeedSizes) -> SpeedInputs:
    """Write inputs of these sizes to an existing folder, and return them."""
    rng = np.random.default_rng(0)
    sc.save(folder / "recording.dat", simulate_moving_pattern(*sizes.recording))
    np.save(folder / "video.npy", rng.integers(0, 256, sizes.video, np.uint8))
    height, width = sizes.picture
    np.save(folder / "blur.npy", rng.random((height, width, 3), np.float32))
    grid = (_CAPTURED, height // _SCALE, width // _SCALE)
    captured = sc.SpikeStream.from_array(rng.random(grid, np.float32) < 0.3)
    captured.exposure = captured.check_exposure(EXPOSURE)
    sc.save(folder / "captured.dat", captured)
    return SpeedInputs(folder)


def simulate_moving_pattern(frames: int, height: int, width: int) -> sc.SpikeStream:
    """Simulate spikes of a moving pattern, whose rates run from 0.02 to 0.6."""
    rng = np.random.default_rng(0)
    y, x = np.arange(height)[:, None], np.arange(width)
    held = rng.random((height, width))
    spikes = np.empty((frames, height, width), np.bool_)
    for t in range(frames):
        held += 0.31 + 0.29 * np.sin(x / 17 + t / 9) * np.cos(y / 23 - t / 31)
        spikes[t] = held >= 1
        held -= spikes[t]
    return sc.SpikeStream.from_array(spikes)
