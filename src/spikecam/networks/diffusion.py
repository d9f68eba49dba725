"""Diffusion with a cosine noise schedule, and its deterministic sampler, DDIM.

    x_t = alpha_t x_0 + sigma_t e,    alpha_t = cos((t / T + c) / (1 + c) pi / 2) / alpha_0
    alpha_t^2 + sigma_t^2 = 1

with e of the standard normal distribution, T = 1000 and c = 0.008 (Nichol and Dhariwal, 2021,
Eq. 17), up to a t at which nothing of x_0 is left. SpikeGen does not say what its network predicts.
Our choice is the velocity (Salimans and Ho, 2022), which can be predicted
from pure noise as well as from next to none:

    v = alpha_t e - sigma_t x_0,    x_0 = alpha_t x_t - sigma_t v,    e = sigma_t x_t + alpha_t v
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor

TIME_STEPS = 1000
_COSINE_OFFSET = 0.008


def alpha_sigma(times: Tensor) -> tuple[Tensor, Tensor]:
    """alpha_t and sigma_t of the noise schedule at times from 0 to 1000."""
    start = _COSINE_OFFSET / (1 + _COSINE_OFFSET) * math.pi / 2
    angle = start + times.double() / TIME_STEPS * (math.pi / 2 - start)
    alpha = (angle.cos() / math.cos(start)).clamp(0, 1)
    return alpha.float(), (1 - alpha.square()).clamp(min=0).sqrt().float()


def q_sample_and_velocity(clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Noisy x_t and velocity v, (N, C), of clean x_0 and noise at times (N,)."""
    alpha, sigma = (level[:, None] for level in alpha_sigma(times))
    return alpha * clean + sigma * noise, alpha * noise - sigma * clean


def iter_ddim_predictions(
    predict_velocity: Callable[[Tensor, Tensor], Tensor], noise: Tensor, steps: int
) -> Iterator[Tensor]:
    """Yield the prediction of x_0 after each DDIM step from pure noise (Song et al., 2021).

    Deterministic (their eta is 0): nothing but the noise is random.

    Args:
        predict_velocity: gives v of x_t (N, C) at times (N,).
        noise: x_T, (N, C).
        steps: 1 to 1000.
    """
    times = torch.linspace(TIME_STEPS, 0, steps + 1, device=noise.device).round()
    noisy = noise
    for time, next_time in pairwise(times):
        alpha, sigma = alpha_sigma(time)
        predicted = predict_velocity(noisy, time.expand(len(noisy)))
        clean = alpha * noisy - sigma * predicted
        residual = sigma * noisy + alpha * predicted
        alpha, sigma = alpha_sigma(next_time)
        noisy = alpha * clean + sigma * residual
        yield clean
