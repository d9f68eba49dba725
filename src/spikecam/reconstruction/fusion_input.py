"""Input of the fusion network, for training and inference."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from spikecam.networks.configs.fusion import FusionInputConfig
from spikecam.networks.fusion import GRID_PIXELS
from spikecam.picture import Picture
from spikecam.reconstruction.aligned_rates import align_rates
from spikecam.reconstruction.motion_least_squares import MotionLeastSquares
from spikecam.reconstruction.motion_span import FlowDetail, MotionSpan
from spikecam.tiles import pad_to_whole_units

# Frames of light at which the map of them is 1.
_FULL_FRAMES = 60.0
# Frames over which speed is measured, to each side.
_SPEED_FRAMES = 4


@dataclass(frozen=True)
class FusionMaps:
    """What the fusion network sees of one frame.

    Attributes:
        pictures: estimates of the firing rate, (P, H, W).
        maps: (M, H, W): logarithm of the mean rate; frames of light before and after that the
            paths reach; visibility, with least squares; the speed of motion in pixels a frame; and
            the blur of the lens.
        white: firing rate of the brightest light.
    """

    pictures: npt.NDArray[np.float32]
    maps: npt.NDArray[np.float32]
    white: float

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Tensors as the network takes them, (1, P, h, w) and (1, M, h / 2, w / 2)."""
        pictures = pad_to_whole_units(
            torch.from_numpy(self.pictures / np.float32(self.white))[None]
        )
        maps = pad_to_whole_units(torch.from_numpy(self.maps)[None])
        return pictures, torch.nn.functional.avg_pool2d(maps, GRID_PIXELS)


class FusionInput:
    """Builds the input of `spikecam.networks.fusion.Fusion`.

    Args:
        config: ``input_config`` of the network.
    """

    def __init__(self, config: FusionInputConfig | None = None) -> None:
        self.config = config or FusionInputConfig()

    @property
    def detail(self) -> FlowDetail:
        """How finely motion is estimated."""
        return FlowDetail(self.config.key_step, self.config.finest_level)

    @property
    def reach(self) -> int:
        """Frames before and after a frame whose light is used, as far as the recording goes."""
        return self.config.group_edges[-1]

    def frame_maps(self, span: MotionSpan, frame: int, lens_blur: float = 0.0) -> FusionMaps:
        """Maps of a frame of a span.

        Args:
            span: the recording around the frame.
            frame: the moment.
            lens_blur: standard deviation in pixels of the lens's blur, of which the picture is to
                be free.
        """
        config = self.config
        paths = span.paths_of_frame(frame)
        rates = align_rates(span, frame, paths, config.group_edges)
        windows = [
            span.rate(frame - window // 2, frame + window // 2 + 1) for window in config.windows
        ]
        pictures = [*windows, *rates.groups, rates.mean]
        visibility = []
        if config.steps:
            least_squares = MotionLeastSquares(span, frame, paths, rates.mean)
            pictures += least_squares.solve(config.decay, config.prior, config.steps)
            visibility = [least_squares.visibility]
        before, after = np.split(rates.frames, 2)
        motion = paths.displacement(_SPEED_FRAMES) - paths.displacement(-_SPEED_FRAMES)
        motion /= 2 * _SPEED_FRAMES
        maps = [
            _smooth_logarithm(rates.mean, config.min_rate),
            before.sum(axis=0) / _FULL_FRAMES,
            after.sum(axis=0) / _FULL_FRAMES,
            *visibility,
            np.hypot(motion[..., 0], motion[..., 1]),
            np.full(rates.mean.shape, lens_blur),
        ]
        return FusionMaps(
            np.stack(pictures).astype(np.float32), np.stack(maps).astype(np.float32), span.white
        )


def _smooth_logarithm(rate: Picture, min_rate: float) -> Picture:
    """Logarithm of a firing rate: how many spikes there are to tell the light by."""
    smooth = cv2.GaussianBlur(rate, (0, 0), 1.0)
    return np.asarray(0.5 * np.log(np.maximum(smooth, 0) + np.float32(min_rate)))
