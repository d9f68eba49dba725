"""A simulated rig that no network was trained for, and the score of methods on its recordings.

Photographs in four tenths of their light, a camera with a fixed pattern that nobody corrects, shot
and reset noise (the preset ``gen2``) and V_th = 6, so that white fires in every fifteenth frame.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.bench.comparison import WeightedMethod, score_methods
from spikecam.bench.deblurring_cases import describe_and_iter_gopro_cases

BRIGHTNESS, THRESHOLD = 0.4, 6.0
# Besides the captures, a fifth as many are held out for `adapt` and as many for the score.
_HELD_OUT = 1 / 7


def make_rig_data_set(photo_folder: Path, output_folder: Path, capture_count: int) -> Path:
    """Simulate a data set of the camera rig from photographs.

    One that was interrupted is continued.
    """
    dim = output_folder / "photos"
    for path in sorted(path for path in photo_folder.iterdir() if sc.is_picture(path)):
        out = dim / f"{path.stem}.png"
        if not out.exists():
            sc.save(out, sc.read_picture(path) * np.float32(BRIGHTNESS))
    config = sc.SynthConfig(
        sequences=round(capture_count / (1 - 2 * _HELD_OUT)),
        preset="gen2",
        thresholds=(THRESHOLD,),
        encodings=("linear",),
        val=_HELD_OUT,
        test=_HELD_OUT,
    )
    for _ in sc.Synthesis([dim], output_folder / "rig", config):
        pass
    return output_folder / "rig"


def mean_test_psnr(data_set_folder: Path, method: str, *weights: str) -> float:
    """Mean PSNR in dB of a method on the test pairs of a data set.

    Each pair is scored in 7 frames.
    """
    _, recorded = describe_and_iter_gopro_cases(data_set_folder, 1)
    scores, _ = score_methods(recorded, [WeightedMethod(method, method, weights)], ["psnr"])
    return float(np.mean(scores[method].values["psnr"]))
