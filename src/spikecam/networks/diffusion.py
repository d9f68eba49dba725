"""Diffusion: noise that is added step by step along a cosine, and taken away again by DDIM.

    x_t = a_t x_0 + s_t e,    a_t = cos((t / T + c) / (1 + c) pi / 2),    a_t^2 + s_t^2 = 1

with e of the standard normal distribution, T = 1000 and c = 0.008 (Nichol and Dhariwal, 2021,
Eq. 17), up to a t at which nothing of x_0 is left. SpikeGen does not say what its network predicts.
Our choice is the velocity (Salimans and Ho, 2022), which is as well told from pure noise as from
next to none:

    v = a_t e - s_t x_0,    x_0 = a_t x_t - s_t v,    e = s_t x_t + a_t v
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor

TIMES = 1000
_OFFSET = 0.008


def levels(times: Tensor) -> tuple[Tensor, Tensor]:
    """a_t and s_t at times from 0, where the picture is whole, to 1000, where it is noise."""
    start = _OFFSET / (1 + _OFFSET) * math.pi / 2
    angle = start + times.double() / TIMES * (math.pi / 2 - start)
    # Scaled so that a_0 is 1, as the paper's Eq. 17.
    kept = (angle.cos() / math.cos(start)).clamp(0, 1)
    return kept.float(), (1 - kept.square()).clamp(min=0).sqrt().float()


def noised(clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """x_t and v of (N, C), where times are (N,)."""
    kept, added = (level[:, None] for level in levels(times))
    return kept * clean + added * noise, kept * noise - added * clean


def ddim(
    velocity: Callable[[Tensor, Tensor], Tensor], noise: Tensor, steps: int
) -> Iterator[Tensor]:
    """x_0 as it is thought to be after each of ``steps`` from pure noise (Song et al., 2021).

    Deterministic (their eta is 0): all that is drawn by lot is the noise.

    Args:
        velocity: gives v of x_t (N, C) at times (N,).
        noise: x_T, (N, C).
        steps: 1 to 1000; one gives the mean of all that x_0 may be.
    """
    times = torch.linspace(TIMES, 0, steps + 1, device=noise.device).round()
    noisy = noise
    for now, then in pairwise(times):
        kept, added = levels(now)
        predicted = velocity(noisy, now.expand(len(noisy)))
        clean = kept * noisy - added * predicted
        left = added * noisy + kept * predicted
        kept, added = levels(then)
        noisy = kept * clean + added * left
        yield clean
