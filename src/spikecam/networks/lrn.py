"""LRN, the light-weight reconstruction network of SpikeCLIP, for scenes in little light.

Five convolutions of 50 sums of 4 spike frames. It was trained by what CLIP sees in its pictures,
not by true ones: their brightness means nothing until it is stretched. 0.185889 M parameters.
"""

from __future__ import annotations

from torch import Tensor, nn

from spikecam.networks.configs.lrn import LRNConfig, LRNInputConfig
from spikecam.networks.conv_stack import conv_stack
from spikecam.networks.reflection import reflect


class LRN(nn.Module):
    """Light-weight reconstruction network (SpikeCLIP).

    ``forward`` takes sums of spike frames (B, planes, H, W), see `sum_frames`, of any height and
    width, and gives pictures (B, 1, H, W) of no certain scale. The input is mirrored by
    ``config.margin`` beyond its edges, and the picture cut again.
    """

    def __init__(
        self, config: LRNConfig | None = None, input_config: LRNInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or LRNConfig()
        self.input_config = input_config or LRNInputConfig()
        self.chain = conv_stack(self.config.planes, *self.config.widths, 1)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        return len(self.config.widths) + 1 + self.config.margin

    def forward(self, sums: Tensor) -> Tensor:
        """Pictures of windows of spikes, whose frames are summed."""
        height, width = sums.shape[2:]
        margin = self.config.margin
        picture: Tensor = self.chain(reflect(sums, margin, margin, margin, margin))
        return picture[:, :, margin : margin + height, margin : margin + width]


def sum_frames(spikes: Tensor, frames: int) -> Tensor:
    """Sum every so many successive frames of spikes.

    ``spikes`` is (..., T, H, W), the sums are float32 (..., T // frames, H, W).
    Frames that fill no sum are left out at the end.

    >>> import torch
    >>> sum_frames(torch.ones(9, 1, 1), 4).flatten().tolist()
    [4.0, 4.0]
    """
    *batch, length, height, width = spikes.shape
    planes = length // frames
    whole = spikes[..., : planes * frames, :, :].float()
    return whole.reshape(*batch, planes, frames, height, width).sum(dim=-3)
