"""The Charbonnier penalty."""

from __future__ import annotations

from torch import Tensor

# Added to mean square errors: without it the root has no slope at 0. Errors far below count little.
CHARBONNIER_EPS = 1e-5


def charbonnier(error: Tensor) -> Tensor:
    """Charbonnier penalty of a square error: sqrt(error + 1e-5) (Charbonnier et al., 1994).

    >>> import torch
    >>> float(charbonnier(torch.tensor(0.25 - 1e-5)))
    0.5
    """
    return (error + CHARBONNIER_EPS).sqrt()
