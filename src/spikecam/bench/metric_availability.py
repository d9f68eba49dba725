"""Which metrics can be computed: some need a package and its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import spikecam as sc
from spikecam.metrics.score import METRICS


def find_available_metrics(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Find which of these metrics can be computed here.

    Returns their names, and a line on each that cannot be computed.

    Args:
        names: of `METRICS`.

    Raises:
        SpikecamError: not one of them can be had.
    """
    here, missing = [], []
    probe = np.random.default_rng(0).random((192, 192, 3), np.float32)
    for name in names:
        try:
            sc.score(probe, probe if METRICS[name].needs_truth else None, [name])
            here.append(name)
        except sc.SpikecamError as error:
            missing.append(f"{METRICS[name].label} is left out: {error}")
    if not here:
        raise sc.SpikecamError("; ".join(missing))
    return here, missing
