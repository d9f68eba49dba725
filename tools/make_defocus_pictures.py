"""Make the pictures of the manual that show scenes out of focus, and what is made of them.

    python tools/make_defocus_pictures.py REPORT [--weights NAME|FILE] [-o OUT]

REPORT is the folder of ``spikecam bench defocus -o REPORT``. Writes defocus-curves.png, its tables
as curves; defocus.jpg, two of its scenes by several methods; and defocus-failures.jpg, where the
network ends.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from make_manual_pictures import beside, write

from spikecam.bench.out_of_focus import (
    AXES,
    HEADINGS,
    OURS,
    DefocusSetting,
    compared_methods,
    load_gray_photographs,
    simulate_defocused,
)

SHOWN = ("TFP", "TFP, Wiener", OURS)
# A photograph, and the seed of its depths and noise.
SCENES = (("coffee", 2), ("camera", 4))
FAILURES = (
    ("astronaut", 0, DefocusSetting(radius=8)),
    ("coffee", 2, DefocusSetting(light=0.01, frames=51)),
)


def strip(photo, seed, setting, makers):
    """A scene by the methods and as it is, side by side."""
    scene = simulate_defocused(photo, setting, seed)
    made = [makers[label](scene) for label in SHOWN]
    return beside([np.repeat(one[..., None], 3, axis=2) for one in (*made, scene.truth)])


def grating(shape):
    """A wave of light of twenty-four pixels, as soft in focus as anything can be."""
    wave = 0.5 + 0.4 * np.sin(np.arange(shape[1]) * np.pi / 12)
    return np.tile(wave.astype(np.float32), (shape[0], 1))


def curves(report, out):
    """PSNR along each axis, a curve for each method."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(AXES), figsize=(11, 6), sharex="col")
    for column, (axis, values) in enumerate(AXES.items()):
        for plot, measure in zip(axes[:, column], ("psnr", "ssim"), strict=True):
            with (report / f"defocus-{axis}-{measure}.csv").open(newline="") as file:
                for row in csv.DictReader(file):
                    label = row.pop("method")
                    style = {"linewidth": 2.5} if label == OURS else {"linewidth": 1}
                    measured = [float(value) for value in row.values()]
                    plot.plot(values, measured, label=label, **style)
            if axis != "radius":
                plot.set_xscale("log")
                plot.set_xticks(values, [f"{value:g}" for value in values])
                plot.minorticks_off()
        axes[1, column].set_xlabel(HEADINGS[axis])
    axes[0, 0].set_ylabel("PSNR, dB")
    axes[1, 0].set_ylabel("SSIM")
    axes[0, 0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(out / "defocus-curves.png", dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--weights", default="defocus")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    curves(args.report, args.out)
    photos, makers = load_gray_photographs(None), compared_methods(args.weights)
    shown = [strip(photos[name], seed, DefocusSetting(radius=3), makers) for name, seed in SCENES]
    write(args.out, "defocus.jpg", np.concatenate(shown))
    failed = [strip(photos[name], seed, setting, makers) for name, seed, setting in FAILURES]
    soft = grating(next(iter(photos.values())).shape)
    failed.append(strip(soft, 0, DefocusSetting(radius=0), makers))
    write(args.out, "defocus-failures.jpg", np.concatenate(failed))


if __name__ == "__main__":
    main()
