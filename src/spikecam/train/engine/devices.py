"""The devices that a run trains on."""

from __future__ import annotations

import torch

from spikecam.errors import OptionError
from spikecam.resources import pick_device
from spikecam.train.engine.config import RunConfig


def pick_training_device(config: RunConfig) -> torch.device:
    """Pick the kind of device to train on, and its index where one was named.

    Raises:
        OptionError: it is not there, or cannot compute as asked.
    """
    device = pick_device(config.device)
    available = torch.cuda.device_count()
    if device.type == "cuda" and available < config.devices:
        raise OptionError(
            f"{config.devices} CUDA devices are wanted and {available} are here; choose fewer "
            "--devices, or --device cpu"
        )
    if device.type == "mps" and config.devices > 1:
        raise OptionError("there is one mps device; leave --devices out")
    if device.type == "cpu" and config.precision == "16-mixed":
        raise OptionError("processors do not train in 16-mixed; choose --precision bf16-mixed")
    return device
