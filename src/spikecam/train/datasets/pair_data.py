"""Data of the three recipes of S-SDM: crops of pairs without their truth."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from spikecam.train.datasets.configs import CropConfig
from spikecam.train.engine.job import Job

if TYPE_CHECKING:
    from spikecam.train.engine.training import TrainingData

# Most samples of a validation.
MAX_VAL_SAMPLES = 48


def pair_data(job: Job, crops: CropConfig, seed: int, skip_incomplete: bool) -> TrainingData:
    """Crops of the pairs of the job's sources.

    Raises:
        FileError: as `find_pairs` and `PairCrops`.
    """
    from spikecam.train.datasets.pair_crops import PairCrops
    from spikecam.train.datasets.pairs import find_all_pairs, pairs_settings
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import TrainingData

    train, val = find_all_pairs(job.sources, skip_incomplete=skip_incomplete, say=job.report.say)
    val_samples = min(MAX_VAL_SAMPLES, len(val))
    return TrainingData(
        PairCrops(train, crops, seed=seed, length=UNBOUNDED),
        PairCrops(val, crops, seed=seed + 1, length=val_samples, validation=True),
        len(train),
        {"crops": asdict(crops), "data": pairs_settings(train, val)},
    )
