"""PSNR of batches, as runs are evaluated by it."""

from __future__ import annotations

from torch import Tensor

# Mean square errors below this do not make a PSNR any higher: 100 dB.
_MIN_ERROR = 1e-10


def psnr(pictures: Tensor, truth: Tensor) -> Tensor:
    """Mean PSNR in dB over a batch (B, ...) in [0, 1].

    What lies outside is clipped.
    """
    error = (pictures.float().clamp(0, 1) - truth).square().flatten(1).mean(1)
    return -10 * error.clamp(min=_MIN_ERROR).log10().mean()
