"""Make the pictures of the manual that show SpikeGen: what it draws, and how it was trained.

    python tools/make_spikegen_pictures.py [--runs CODEC BEGUN TUNED FURTHER] [-o OUT]

Writes spikegen.jpg and spikegen-mix.jpg, of the sample that ships; and, where the folders of the
runs are named, spikegen-training.png, the curves of the autoencoder, of pre-training and of both
runs of fine-tuning.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from make_manual_pictures import AT, beside, write

import spikecam as sc
from spikecam import sample
from spikecam.generation.sampling import spread_white

# Of the picture: the bus's name.
PART = (slice(390, 530), slice(120, 400))
STAGES = ("the autoencoder", "pre-training", "fine-tuning", "further fine-tuning")


def drawn(out):
    blur, stream = sc.read_picture(sample.BLUR), sc.open(sample.SPIKES)
    refined = sc.deblur(blur, stream, at=AT)
    found = sc.generate(blur, stream, at=AT)
    spread = np.repeat(found.spread[..., None] / spread_white([found.spread]), 3, axis=2)
    made = [blur, refined, found.samples[0], found.mean, spread]
    write(out, "spikegen.jpg", beside([one[PART] for one in made]))
    ways = [sc.generate(blur, stream, at=AT, mix=mix, steps=1).mean for mix in (0, 0.5, 1)]
    write(out, "spikegen-mix.jpg", beside([one[PART] for one in ways]))


def training(out, runs):
    """Losses and PSNR over the steps, each stage a curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(runs), figsize=(10, 4.5), sharex="col")
    for column, (run, stage) in enumerate(zip(runs, STAGES, strict=True)):
        curves = defaultdict(list)
        with (run / "metrics.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                curves[row["name"]].append((int(row["step"]) + 1, float(row["value"])))
        loss, quality = axes[:, column]
        loss.plot(*zip(*curves["train/loss"], strict=True))
        loss.set_title(stage)
        for name, label in (("val/psnr", "it gives"), ("val/psnr_shown", "it is shown")):
            if name in curves:
                quality.plot(*zip(*curves[name], strict=True), label=label)
        quality.set_xlabel("steps")
    axes[0, 0].set_ylabel("loss")
    axes[1, 0].set_ylabel("PSNR, held out, dB")
    axes[1, -1].legend()
    figure.tight_layout()
    figure.savefig(out / "spikegen-training.png", dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--runs", nargs=4, type=Path, metavar=("CODEC", "BEGUN", "TUNED", "FURTHER")
    )
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    drawn(args.out)
    if args.runs:
        training(args.out, args.runs)


if __name__ == "__main__":
    main()
