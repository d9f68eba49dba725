"""Quality of deblurring on sequences with ground truth.

    python -m spikecam.bench.sequences FOLDER

A sequence is a folder with ``blur.png``, ``spikes_v1.dat``, ``spikes_v2.dat``, ``spikes_v4.dat``
(137 frames, one file a threshold) and ``sharp_020.png`` and so on, named by frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import spikecam as sc

THRESHOLDS = (1, 2, 4)


def psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1]."""
    return float(-10 * np.log10(np.mean((picture - truth) ** 2, dtype=np.float64)))


def score(folder: Path, threshold: int, method: str = "sdm") -> list[float]:
    """PSNR of every sharp frame of every sequence in ``folder`` at one threshold."""
    scores = []
    for blur in sorted(folder.glob("*/blur.png")):
        truths = {int(p.stem.split("_")[1]): p for p in sorted(blur.parent.glob("sharp_*.png"))}
        sharp = sc.read_picture(next(iter(truths.values())))
        spikes = blur.with_name(f"spikes_v{threshold}.dat")
        grid = sharp.shape[0] // 4, sharp.shape[1] // 4
        pictures = sc.deblur(blur, spikes, camera=grid, frames=list(truths), method=method)
        for picture, truth in zip(pictures, truths.values(), strict=True):
            scores.append(psnr(picture, sc.read_picture(truth)))
    return scores


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--method", default="sdm")
    args = parser.parse_args()
    print(f"{args.method}: mean PSNR in dB")
    for threshold in THRESHOLDS:
        scores = score(args.folder, threshold, args.method)
        print(f"  V_th = {threshold}: {np.mean(scores):.2f} ({len(scores)} frames)")


if __name__ == "__main__":
    main()
