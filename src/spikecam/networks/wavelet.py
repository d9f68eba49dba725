"""Discrete wavelet transform along time, by the orthogonal wavelet db8 (Daubechies 1988, 16 taps).

One level splits x into its approximation and its details, each about half as long,

    a[k] = sum_i g[i] x[2k + i - 14],    d[k] = sum_i h[i] x[2k + i - 14]

with zeros outside of x, the low-pass filter g and the high-pass filter h[i] = (-1)^i g[15 - i]. The
inverse is the transposed operation. Both are those of PyWavelets with ``mode="zero"``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.networks.db8 import HIGH_PASS, LOW_PASS

_TAPS = len(LOW_PASS)


def decompose(signals: Tensor, levels: int) -> tuple[Tensor, list[Tensor]]:
    """Decompose signals (N, 1, T) to their approximation and the details, finest first.

    Every level gives floor((n + 15) / 2) coefficients of n: they overlap.
    """
    filters = _filters(signals)
    approximation, details = signals, []
    for _ in range(levels):
        padded = functional.pad(approximation, (_TAPS - 2, _TAPS - 1))
        approximation, detail = functional.conv1d(padded, filters, stride=2).chunk(2, dim=1)
        details.append(detail)
    return approximation, details


def reconstruct(approximation: Tensor, details: Sequence[Tensor]) -> Tensor:
    """Reconstruct signals (N, 1, T) from what `decompose` gave, maybe changed in between.

    Signals of odd length come back one longer.
    """
    filters = _filters(approximation)
    for detail in reversed(details):
        # One too many where the level before had an odd length.
        joined = torch.cat([approximation[:, :, : detail.shape[2]], detail], dim=1)
        approximation = functional.conv_transpose1d(joined, filters, stride=2, padding=_TAPS - 2)
    return approximation


def wavelet_matrices(length: int, levels: int, like: Tensor) -> tuple[Tensor, Tensor, list[int]]:
    """Matrices of `decompose` and `reconstruct` for signals of a length, and what they split into.

    The first makes coefficients of signals (T, N), the approximation before the details, finest
    first, whose numbers are the last result; the second makes signals of coefficients. Type and
    device are those of ``like``.
    """
    identity = torch.eye(length, dtype=torch.float64)[:, None]
    approximation, details = decompose(identity, levels)
    parts = [approximation, *details]
    lengths = [part.shape[2] for part in parts]
    units = torch.split(torch.eye(sum(lengths), dtype=torch.float64)[:, None], lengths, dim=2)
    synthesis = reconstruct(units[0], units[1:])
    matrices = torch.cat(parts, dim=2)[:, 0].T, synthesis[:, 0].T
    analysis, synthesis = (matrix.to(like).contiguous() for matrix in matrices)
    return analysis, synthesis, lengths


def reconstructed_length(length: int) -> int:
    """Length of what `reconstruct` gives for signals of a length: the next even number."""
    return length + length % 2


def _filters(signals: Tensor) -> Tensor:
    """Make both filters, (2, 1, taps), of the type and on the device of the signals."""
    return signals.new_tensor([LOW_PASS, HIGH_PASS])[:, None]
