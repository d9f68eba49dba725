"""The Charbonnier penalty."""

from __future__ import annotations

from torch import Tensor

# Added to mean square errors: without it the root has no slope at 0. Errors far below count little.
CHARBONNIER_EPS = 1e-5


def charbonnier(squared_error: Tensor) -> Tensor:
    """Charbonnier penalty of a square error (Charbonnier et al., 1994).

    It is sqrt(squared_error + 1e-5).

    >>> import torch
    >>> float(charbonnier(torch.tensor(0.25 - 1e-5)))
    0.5
    """
    return (squared_error + CHARBONNIER_EPS).sqrt()
