"""Loss of the refocuser's scores: which of several maps is right at each place."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from spikecam.networks.refocuser import CELL_PIXELS

# Power with which the share that a map should have falls with its error.
_SHARPNESS = 10.0
# Cells a side over which those errors are averaged, and square errors that do not matter.
_SMOOTHING_CELLS, _MIN_ERROR = 3, 1e-7


def score_cross_entropy(errors: Tensor, scores: Tensor) -> Tensor:
    """Cross entropy between the scores of maps and the soft labels that follow from their errors.

    Args:
        errors: square errors of each map at each pixel, (B, K, H, W).
        scores: of each map in each cell, (B, K, H / 8, W / 8).
    """
    shares = (-_SHARPNESS * (_mean_errors_of_cells(errors) + _MIN_ERROR).log()).softmax(1)
    return -(shares * scores.log_softmax(1)).sum(1).mean()


def _mean_errors_of_cells(errors: Tensor) -> Tensor:
    """Average errors around each cell of the scores."""
    cells = functional.avg_pool2d(errors, CELL_PIXELS)
    edge = _SMOOTHING_CELLS // 2
    padded = functional.pad(cells, (edge, edge, edge, edge), mode="replicate")
    return functional.avg_pool2d(padded, _SMOOTHING_CELLS, stride=1)
