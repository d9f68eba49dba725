"""Data of the three recipes of S-SDM: crops of pairs without their truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.train.datasets.configs import CropConfig
from spikecam.train.engine.job import TrainingJob

if TYPE_CHECKING:
    from spikecam.train.engine.training import TrainingData

# Most samples of a validation.
MAX_VAL_SAMPLES = 48


def pair_crop_data(
    job: TrainingJob,
    crops: CropConfig,
    seed: int,
    skip_incomplete: bool,
    refiner: str | None = None,
) -> TrainingData:
    """Training data of a job: crops of the pairs in its sources.

    Args:
        job: what is asked for.
        crops: how they are drawn.
        seed: of everything random.
        skip_incomplete: leave out pairs that lack a file.
        refiner: weights of a refiner whose pictures crops hold, too; they are kept in the folder of
            the run.

    Raises:
        FileError: as `find_train_val_pairs` and `PairCrops`.
    """
    from spikecam.train.datasets.pair_crops import PairCrops
    from spikecam.train.datasets.pairs import describe_pairs, find_train_val_pairs_of_all
    from spikecam.train.datasets.refined_pairs import RefinedPairs
    from spikecam.train.engine.sampler import UNBOUNDED
    from spikecam.train.engine.training import TrainingData

    train, val = find_train_val_pairs_of_all(
        job.sources, skip_incomplete=skip_incomplete, say=job.report.say
    )
    refined = [
        RefinedPairs(refiner, Path(job.output_path) / "refined" / part) if refiner else None
        for part in ("train", "val")
    ]
    val_samples = min(MAX_VAL_SAMPLES, len(val))
    return TrainingData(
        PairCrops(train, crops, seed=seed, length=UNBOUNDED, refined=refined[0]),
        PairCrops(
            val,
            crops,
            seed=seed + 1,
            length=val_samples,
            validation=True,
            refined=refined[1],
        ),
        len(train),
        {"crops": asdict(crops), "data": describe_pairs(train, val)},
    )
