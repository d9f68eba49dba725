"""Pictures of one frame of a sequence: a sharp one; or samples, their mean and spread."""

from __future__ import annotations

from spikecam.generation.generated import Generated
from spikecam.picture import Picture

SHARP, MEAN, SPREAD = "sharp", "mean", "spread"


def pictures_by_kind(result: Picture | Generated) -> dict[str, Picture]:
    """Pictures of a result by their kinds, the main one first.

    Args:
        result: of a method that deblurs, or of one that draws samples.

    Returns:
        "sharp"; or "mean" and, of more than one sample, "spread", "sample 1" and so on.
    """
    if not isinstance(result, Generated):
        return {SHARP: result}
    if len(result.samples) == 1:
        return {MEAN: result.mean}
    samples = {f"sample {i}": sample for i, sample in enumerate(result.samples, 1)}
    return {MEAN: result.mean, SPREAD: result.spread, **samples}
