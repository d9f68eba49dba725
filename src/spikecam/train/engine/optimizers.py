"""Optimisers, and schedules of their learning rate; all schedules count steps.

By steps, not epochs: a checkpoint at an epoch's end then holds the next epoch's rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytorch_optimizer import Muon
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from spikecam.train.engine.config import RunConfig

Optimization = tuple[Optimizer, LRScheduler]


def adam_with_cosine_decay(network: nn.Module, config: RunConfig) -> Optimization:
    """Adam whose learning rate falls along a cosine from epoch to epoch (SpikeReveal A.4)."""
    trained = [values for values in network.parameters() if values.requires_grad]
    return with_cosine_decay(Adam(trained, lr=config.lr), config)


def with_cosine_decay(optimizer: Optimizer, config: RunConfig) -> Optimization:
    """Add a schedule to an optimiser: its rates fall along a cosine from epoch to epoch."""
    epochs, steps = config.epochs, config.steps_per_epoch
    return optimizer, LambdaLR(optimizer, lambda step: cosine_decay_factor(step // steps, epochs))


def with_milestones(
    optimizer: Optimizer, config: RunConfig, *, shares: Sequence[float], factor: float
) -> Optimization:
    """Add a schedule to an optimiser: its rates are multiplied by a factor at each milestone.

    Args:
        optimizer: all of its rates are the highest.
        config: of the run.
        shares: of the run, after which the milestones are.
        factor: the factor.
    """
    steps = [round(share * config.total_steps) for share in shares]
    return optimizer, LambdaLR(
        optimizer, lambda step: factor ** sum(step >= milestone for milestone in steps)
    )


def adamw(network: nn.Module, config: RunConfig, *, weight_decay: float) -> Optimizer:
    """AdamW for all weights of a network, at the highest learning rate."""
    return AdamW(network.parameters(), lr=config.lr, weight_decay=weight_decay, betas=(0.9, 0.99))


def muon(network: nn.Module, outer_layers: tuple[str, ...], config: RunConfig) -> Optimizer:
    """Muon for the weights of hidden convolutions, AdamW for all others.

    ``outer_layers`` are what the names of weights of convolutions begin with that are not hidden.

    Steps of Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024)
    are as large as those of Adam would be ("Muon is scalable for LLM training", 2025).
    """
    hidden_weights: list[Tensor] = []
    other_weights: list[Tensor] = []
    for name, values in network.named_parameters():
        is_hidden = values.ndim == 4 and not name.startswith(outer_layers)
        (hidden_weights if is_hidden else other_weights).append(values)
    groups = [
        {"params": hidden_weights, "use_muon": True, "use_adjusted_lr": True, "weight_decay": 0.01},
        {"params": other_weights, "use_muon": False, "betas": (0.9, 0.99), "weight_decay": 1e-3},
    ]
    return Muon([group | {"lr": config.lr} for group in groups])


def with_warmup_and_cosine_decay(
    optimizer: Optimizer,
    config: RunConfig,
    *,
    warmup_share: float = 0.03,
    end_rates: tuple[float, float] | None = None,
) -> Optimization:
    """Add a schedule to an optimiser: cosine warm-up for a share of the run, then cosine decay.

    Args:
        optimizer: all of its rates are the highest.
        config: of the run.
        warmup_share: the share of the run.
        end_rates: the rates at the beginning and at the end; by default a 25th of the highest, and
            a thousandth of that.
    """
    ends = (1 / 25, 1 / 25e3) if end_rates is None else tuple(r / config.lr for r in end_rates)
    begin, end = ends
    top = max(1, round(warmup_share * config.total_steps))

    def share(step: int) -> float:
        if step < top:
            return begin + (1 - begin) * (1 - math.cos(math.pi * step / top)) / 2
        progress = min(1, (step - top) / max(1, config.total_steps - 1 - top))
        return end + (1 - end) * (1 + math.cos(math.pi * progress)) / 2

    return optimizer, LambdaLR(optimizer, share)


def cosine_decay_factor(epoch: int, epochs: int) -> float:
    """Factor of the learning rate in an epoch: 1 in the first, falling along a cosine towards 0.

    >>> [round(cosine_decay_factor(epoch, 4), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    return (1 + math.cos(math.pi * epoch / epochs)) / 2
