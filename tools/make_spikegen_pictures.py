"""Make the pictures of the manual that show SpikeGen: what it draws, and how it was trained.

    python tools/make_spikegen_pictures.py [--runs RUN ...] [-o OUT]

Writes spikegen.jpg and spikegen-mix.jpg, of the sample that ships; and, where the folders of runs
are named, in the order in which they followed each other, spikegen-training.png, their curves.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from make_manual_pictures import beside, write

import spikecam as sc
from spikecam import sample
from spikecam.generation.generated import spread_shown_as_white

# The frame, and of its picture the bus's name.
AT = 68
PART = (slice(390, 530), slice(120, 400))


def drawn(out):
    blur, stream = sc.read_picture(sample.BLUR), sc.open(sample.SPIKES)
    refined = sc.deblur(blur, stream, at=AT)
    result = sc.generate(blur, stream, at=AT)
    share = np.minimum(result.spread / spread_shown_as_white([result.spread]), 1)
    spread = np.repeat(share[..., None], 3, axis=2)
    made = [blur, refined, result.samples[0], result.mean, spread]
    write(out, "spikegen.jpg", beside([one[PART] for one in made]))
    ways = [sc.generate(blur, stream, at=AT, mix=mix, steps=1).mean for mix in (0, 0.5, 1)]
    write(out, "spikegen-mix.jpg", beside([one[PART] for one in ways]))


def training(out, runs):
    """Losses and PSNR over the steps, each stage a curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    size = (5 * len(runs), 5)
    figure, axes = plt.subplots(2, len(runs), figsize=size, sharex="col", squeeze=False)
    for column, run in enumerate(runs):
        curves = defaultdict(list)
        with (run / "metrics.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                curves[row["name"]].append((int(row["step"]) + 1, float(row["value"])))
        loss, quality = axes[:, column]
        loss.plot(*zip(*curves["train/loss"], strict=True))
        loss.set_title(run.name)
        for name, label in (("val/psnr", "it gives"), ("val/psnr_shown", "it is share")):
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
    parser.add_argument("--runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    drawn(args.out)
    if args.runs:
        training(args.out, args.runs)


if __name__ == "__main__":
    main()
