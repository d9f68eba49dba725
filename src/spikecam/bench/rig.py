"""What adapting to a strange rig gains, on pictures that it never saw.

    python -m spikecam.bench.rig PHOTOS -o FOLDER [--captures N] [--weights NAME|FILE]

The rig is simulated: photographs in four tenths of their light, a camera with a fixed pattern that
nobody corrects, shot and reset noise (the preset ``gen2``) and V_th = 6, so that white fires in
every fifteenth frame. `adapt` sees its blurry pictures and spikes alone; the truth of the pictures
that are judged, of other photographs, serves for the score. PSNR of 7 frames of each, in dB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.bench.cases import gopro_cases
from spikecam.bench.contest import Contestant, contest
from spikecam.train.engine.job import Job, Report
from spikecam.train.recipes.adaptation import AdaptationOptions, adapt

DIM, THRESHOLD = 0.4, 6.0
# Besides the captures, a fifth as many are held out for `adapt` and as many for the score.
_HELD_OUT = 1 / 7


def make_rig(photos: Path, folder: Path, captures: int) -> Path:
    """A data set that the rig took; one that was begun goes on."""
    dim = folder / "photos"
    for path in sorted(path for path in photos.iterdir() if sc.is_picture(path)):
        out = dim / f"{path.stem}.png"
        if not out.exists():
            sc.save(out, sc.read_picture(path) * np.float32(DIM))
    config = sc.SynthConfig(
        sequences=round(captures / (1 - 2 * _HELD_OUT)),
        preset="gen2",
        thresholds=(THRESHOLD,),
        val=_HELD_OUT,
        test=_HELD_OUT,
    )
    for _ in sc.Synthesis([dim], folder / "rig", config):
        pass
    return folder / "rig"


def score(rig: Path, method: str, *weights: str) -> float:
    """Mean PSNR over the pictures to judge by, 7 frames each."""
    _, recorded = gopro_cases(rig, 1)
    scores, _ = contest(recorded, [Contestant(method, method, weights)], ["psnr"])
    return float(np.mean(scores[method].values["psnr"]))


def main() -> None:
    """Adapt, and print the scores before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--captures", type=int, default=60)
    parser.add_argument("--weights", default="refined")
    args = parser.parse_args()
    rig = make_rig(args.photos, args.out, args.captures)
    print(
        f"sdm {score(rig, 'sdm'):.2f} dB, "
        f"{args.weights} {score(rig, 'refined', args.weights):.2f} dB"
    )
    out = args.out / "adapted.safetensors"
    # Only train and val are captures; what the score is of lies in test.
    job = Job([rig], out, Report(say=print))
    adapt(job, AdaptationOptions(weights=args.weights))
    print(f"adapted {score(rig, 'refined', str(out)):.2f} dB")


if __name__ == "__main__":
    main()
