"""Pictures of moving scenes by a network that fuses short exposures along motion; ours.

Short exposures, moved to where their light is at the frame, and least squares along motion are
estimates of the same picture, each good elsewhere: `spikecam.networks.fusion` weighs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.reconstruction.recent_frames import RecentFrames
from spikecam.stream import SpikeStream

if TYPE_CHECKING:
    from spikecam.reconstruction.fuse import FrameFusion

# Weights that ship, and those for many pictures a second.
WEIGHTS, QUICK_WEIGHTS = "fusion", "fusion-small"
# The largest that the network learns.
MAX_LENS_BLUR = 0.65


@dataclass(frozen=True)
class FusionOptions:
    """Options of `fusion`.

    Attributes:
        weights: "fusion", the default, or "fusion-small" for many pictures a second, the default of
            `live`; or a file.
        tile: side in pixels of the parts that the network computes one after another; by default
            1536.
        lens_blur: standard deviation in pixels of the blur of lens and pixels, which is taken out;
            about 0.45 in recordings of REDS.
        fpn: fixed pattern of the camera, corrected spike by spike.
        device: "auto", "cpu", "cuda".
    """

    weights: PathLike | None = None
    tile: int | None = None
    lens_blur: float = 0.0
    fpn: FixedPattern | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.lens_blur <= MAX_LENS_BLUR:
            raise OptionError(
                f"the lens's blur is a number of pixels from 0 to {MAX_LENS_BLUR}, not "
                f"{self.lens_blur:g}"
            )


def fuse(stream: SpikeStream, frames: Sequence[int], options: FusionOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by the fusion network.

    Args:
        stream: the recording.
        frames: frame indices; those that follow each other share optical flow.
        options: weights, tile, fixed pattern and device.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W).

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: a tile below 64 pixels, or an unknown name of weights or of a device.
        RangeError: a frame lies outside the recording.
    """
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    return _frame_fusion(options, WEIGHTS).iter_pictures(stream, frames, options.fpn)


class OnlineFusion:
    """Pictures of frames as they come, for live use.

    A picture is of the moment ``reach`` frames before the last one, as motion is followed to both
    sides.

    Args:
        shape: height and width in pixels.
        options: as for recordings, but for the default of the weights.

    Raises:
        FileError, OptionError: as `fuse`.
    """

    def __init__(self, shape: tuple[int, int], options: FusionOptions) -> None:
        self.fusion, self.fpn = _frame_fusion(options, QUICK_WEIGHTS), options.fpn
        self.reach = self.fusion.inputs.reach
        # Spikes before the first exposure say what its pixels have collected.
        self._recent = RecentFrames(shape, 2 * self.reach + 2 * REACH_FRAMES)

    def update(self, frames: SpikeStream) -> None:
        """Advance by the frames that come next."""
        self._recent.append(frames)

    def picture(self) -> Picture:
        """Firing rates in [0, 1], float32 (H, W)."""
        stream = self._recent.stream
        if not len(stream):
            return np.zeros(stream.shape[1:], np.float32)
        frame = max(0, len(stream) - 1 - self.reach)
        return next(self.fusion.iter_pictures(stream, [frame], self.fpn))


def _frame_fusion(options: FusionOptions, default_weights: str) -> FrameFusion:
    from spikecam.networks.fusion import Fusion
    from spikecam.reconstruction.fuse import FrameFusion
    from spikecam.weights.store import load_network

    network = load_network(Fusion, options.weights or default_weights, options.device)
    return FrameFusion(network, tile=options.tile, lens_blur=options.lens_blur)


METHOD = Method(
    name="fusion",
    summary="a network that fuses short exposures along motion: moving scenes, little light",
    takes=Takes.SPIKES,
    run=fuse,
    options=FusionOptions,
    networks=("fusion",),
    online=OnlineFusion,
)
