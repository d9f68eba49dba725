"""Quality of deblurring on sequences with ground truth.

    python -m spikecam.bench.sequences FOLDER [--method METHOD[:WEIGHTS] ...]

A sequence is a folder with ``blur.png``, ``spikes_v1.dat``, ``spikes_v2.dat``, ``spikes_v4.dat``
(137 frames, one file a threshold) and ``sharp_020.png`` and so on, named by frame. PSNR is in dB on
RGB in [0, 1]; SSIM is scikit-image's, with a window of 7 pixels, on the same. Both are means over
all frames.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from skimage.metrics import structural_similarity

import spikecam as sc
from spikecam.picture import Picture

THRESHOLDS = (1, 2, 4)


class Score(NamedTuple):
    """Of one picture: PSNR in dB, SSIM, and the seconds that it took."""

    psnr: float
    ssim: float
    seconds: float


def psnr(picture: Picture, truth: Picture) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1]."""
    return float(-10 * np.log10(np.mean((picture - truth) ** 2, dtype=np.float64)))


def score(folder: Path, threshold: int, method: str = "sdm", **options: Any) -> list[Score]:
    """Scores of every sharp frame of every sequence in ``folder`` at one threshold."""
    scores = []
    for blur in sorted(folder.glob("*/blur.png")):
        truths = {int(p.stem.split("_")[1]): p for p in sorted(blur.parent.glob("sharp_*.png"))}
        sharp = {frame: sc.read_picture(path) for frame, path in truths.items()}
        height, width = next(iter(sharp.values())).shape[:2]
        stream = sc.open(
            blur.with_name(f"spikes_v{threshold}.dat"), shape=(height // 4, width // 4)
        )
        start = time.perf_counter()
        pictures = list(
            sc.deblurred_frames(blur, stream, frames=list(truths), method=method, **options)
        )
        taken = (time.perf_counter() - start) / len(pictures)
        for picture, truth in zip(pictures, sharp.values(), strict=True):
            similar = structural_similarity(  # type: ignore[no-untyped-call]
                picture, truth, data_range=1, channel_axis=2
            )
            scores.append(Score(psnr(picture, truth), float(similar), taken))
    return scores


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--method", nargs="+", default=["sdm"], metavar="METHOD[:WEIGHTS]")
    args = parser.parse_args()
    print(f"{'PSNR / SSIM':<28}" + "".join(f"V_th = {v:<10}" for v in THRESHOLDS) + "s a frame")
    for asked in args.method:
        method, _, weights = asked.partition(":")
        options = {"weights": weights} if weights else {}
        rows = [score(args.folder, threshold, method, **options) for threshold in THRESHOLDS]
        means = [np.mean(row, axis=0) for row in rows]
        cells = "".join(f"{mean[0]:.2f} / {mean[1]:.3f}   " for mean in means)
        print(f"{asked:<28}{cells}{np.mean(means, axis=0)[2]:.3f}  ({len(rows[0])} frames)")


if __name__ == "__main__":
    main()
