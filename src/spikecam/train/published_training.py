"""How networks of a window of spikes were trained by those who published them.

One table, `PUBLISHED_TRAININGS`: loss, crops and schedule of each. Where it was not said how long
an epoch is, each scene is shown once. Nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikecam.networks.configs.stir import SIDE_MULTIPLE
from spikecam.networks.short_windows import short_window_centres
from spikecam.train.datasets.configs import CROP_UNIT
from spikecam.train.engine.config import RunConfig
from spikecam.train.losses.window_networks import (
    blind_interval_error,
    blind_mean_error,
    rate_and_coarser_error,
    rate_and_estimate_error,
    rate_error,
)

if TYPE_CHECKING:
    from torch import Tensor

    from spikecam.train.engine.sampler import Sample


_SPIKE_ZOO_RUN = RunConfig(epochs=600, batch=8, lr=1e-4)


@dataclass(frozen=True)
class PublishedTraining:
    """Loss, crops and schedule of a network. By default they are those of Spike-Zoo.

    Attributes:
        loss: by the network and a batch of `ReconstructionSamples`.
        truth_frames: frames whose truth the loss needs, from the first of the window, by the
            network's configuration; None for that of the picture alone.
        crop: side of the crops in pixels.
        crop_unit: sides of crops are multiples of it.
        run: epochs, steps, batch and learning rate.
        milestones: epochs after which the learning rate falls by ``decay``; None for a cosine.
        decay: the factor.
        beta2: of Adam.
        weight_decay: of Adam.
    """

    loss: Callable[[Any, Sample], Tensor] = rate_error
    truth_frames: Callable[[Any], tuple[int, ...]] | None = None
    crop: int = 128
    crop_unit: int = CROP_UNIT
    run: RunConfig = _SPIKE_ZOO_RUN
    milestones: tuple[int, ...] | None = (400,)
    decay: float = 0.2
    beta2: float = 0.999
    weight_decay: float = 0.0


# By the names of their methods. SpikeCLIP's training is not public. SSIR and STIR have epochs of
# 1000 steps at most, by which those of Spk2ImgNet and BSF are taken to be as long. SSIR is trained
# on sequences there, here on single pictures, which is how `reconstruct` uses it. SpikeCV trains
# SSML for 50,000 epochs of a few samples, here for a hundredth.
PUBLISHED_TRAININGS: Mapping[str, PublishedTraining] = {
    "base": PublishedTraining(),
    "bsf": PublishedTraining(
        crop=96,
        run=RunConfig(epochs=61, steps=1000, batch=8, lr=1e-4),
        milestones=(10, 20, 30, 40, 50, 60),
        decay=0.5,
    ),
    "spikeclip": PublishedTraining(),
    "spk2imgnet": PublishedTraining(
        loss=rate_and_estimate_error,
        truth_frames=short_window_centres,
        crop=40,
        run=RunConfig(epochs=61, steps=1000, batch=16, lr=1e-4),
        milestones=(20,),
        decay=0.1,
    ),
    "ssir": PublishedTraining(
        crop=96,
        run=RunConfig(epochs=80, steps=1000, batch=8, lr=4e-4),
        milestones=(20, 25, 30, 35, 40, 45, 50, 55, 65, 70),
        decay=0.7,
        weight_decay=4e-4,
    ),
    "ssml": PublishedTraining(
        loss=blind_mean_error,
        crop=40,
        run=RunConfig(epochs=400, batch=4, lr=3e-4),
        milestones=None,
    ),
    "ssml_simple": PublishedTraining(
        loss=blind_interval_error,
        crop=256,
        run=RunConfig(epochs=500, batch=4, lr=2e-4),
        milestones=(100,),
        decay=0.5,
        beta2=0.99,
    ),
    "stir": PublishedTraining(
        loss=rate_and_coarser_error,
        crop=96,
        crop_unit=SIDE_MULTIPLE,
        run=RunConfig(epochs=200, steps=1000, batch=8, lr=1e-4),
        milestones=(50, 100, 150),
        decay=0.7,
        weight_decay=4e-4,
    ),
    "wgse": PublishedTraining(run=RunConfig(epochs=600, batch=16, lr=1e-4), beta2=0.99),
}
