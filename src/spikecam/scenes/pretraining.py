"""Pairs for SpikeGen's pre-training: a photograph blurred hard, and very few spikes of it.

SpikeGen (4.1, A.2, Table 6) gives each sharp picture a blurry one, by one of 8 kernels of 40 x 40
pixels, and 8 frames of spikes with a coverage of 0.1. Of the kernels and the simulator it says no
more. Our choice: the kernels are the ways of smooth hand motion across all of their box, and the
spikes are those of the sharp picture through an integrate-and-fire sensor whose threshold lets a
tenth of the pixels fire in a frame.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.gray import as_gray
from spikecam.picture import Picture, as_floats
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import check_seed
from spikecam.stream import SpikeStream

KERNEL_COUNT, KERNEL_PIXELS, FRAMES = 8, 40, 8


def pretraining_pair(picture: npt.ArrayLike, seed: int) -> tuple[Picture, SpikeStream]:
    """Simulate a blurry picture and spikes of a sharp picture, for SpikeGen's pre-training.

    Args:
        picture: (h, w, 3) or (h, w), floats in [0, 1] or uint8; SpikeGen has 256 x 256.
        seed: of the kernel that is chosen and of the spikes' phase.

    Returns:
        The blurry picture, float32 in [0, 1] like ``picture``, and 8 frames of spikes of its size.

    Raises:
        OptionError: not such a picture, or a black one.
    """
    check_seed(seed)
    gray, floats = as_gray(picture), as_floats(picture)
    if min(gray.shape) < KERNEL_PIXELS:
        raise OptionError(
            f"a picture to blur by {KERNEL_PIXELS} pixels has at least that many a side"
        )
    kernel = motion_blur_kernels()[np.random.default_rng((seed, 5)).integers(KERNEL_COUNT)]
    blurry = cv2.filter2D(floats, -1, kernel, borderType=cv2.BORDER_REFLECT)
    return np.clip(blurry, 0, 1), simulate([gray] * FRAMES, "spikegen", seed=seed)


@cache
def motion_blur_kernels() -> Picture:
    """The 8 kernels of motion blur, float32 (8, 40, 40), each with a sum of 1."""
    rng = np.random.default_rng(0)
    kernels = np.zeros((KERNEL_COUNT, KERNEL_PIXELS, KERNEL_PIXELS), np.float32)
    time = np.linspace(-1, 1, 2000)
    for kernel in kernels:
        # A line through the box, bent by the first few powers of time.
        angle = rng.uniform(0, np.pi)
        path = np.outer([np.sin(angle), np.cos(angle)], time)
        path += sum(rng.normal(0, 0.35, (2, 1)) * time**power for power in (2, 3, 4))
        path -= path.min(axis=1, keepdims=True)
        positions = path / path.max() * (KERNEL_PIXELS - 1.001)
        positions += (KERNEL_PIXELS - 1.001 - positions.max(axis=1, keepdims=True)) / 2
        corner = positions.astype(int)
        fraction = positions - corner
        for down in (0, 1):
            for across in (0, 1):
                weight = np.abs(1 - down - fraction[0]) * np.abs(1 - across - fraction[1])
                np.add.at(kernel, (corner[0] + down, corner[1] + across), weight)
        kernel /= kernel.sum()
    return kernels
