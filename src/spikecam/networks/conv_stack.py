"""Plain convolutions one after another, of which several published networks are made."""

from __future__ import annotations

from itertools import pairwise

from torch import nn


def conv_stack(*channels: int, stride: int = 1) -> nn.Sequential:
    """Make 3x3 convolutions from each number of channels to the next, with ReLU between them.

    The first has the stride. The last has no activation.
    """
    stack = nn.Sequential()
    for before, after in pairwise(channels):
        if len(stack):
            stack.append(nn.ReLU(inplace=True))
        stack.append(nn.Conv2d(before, after, 3, stride=1 if len(stack) else stride, padding=1))
    return stack
