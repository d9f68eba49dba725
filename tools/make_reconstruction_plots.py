"""Make the plots of the manual that compare methods for spikes alone, by speed and light.

    python tools/make_reconstruction_plots.py [--method METHOD]... [--limit N] [-o OUT]

Writes reconstruct-speed.png and reconstruct-light.png, as `spikecam bench reconstruct -o` makes
them; by all methods it takes five minutes.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from spikecam.bench.reconstruct_films import score_films

METHODS = ("tfp:11", "tfi:17", "defocus:25", "aligned", "lsq", "fusion", "spikegen")
PLOTS = {
    "reconstruct_speed.png": "reconstruct-speed.png",
    "reconstruct_light.png": "reconstruct-light.png",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", action="append", help="METHOD[:WINDOW]; may be given again")
    parser.add_argument("--limit", type=int, help="number of photographs")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"), metavar="FOLDER")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        score_films(
            args.method or METHODS, metrics=["psnr"], limit=args.limit, plot_folder=Path(folder)
        )
        for name, manual_name in PLOTS.items():
            shutil.copyfile(Path(folder) / name, args.out / manual_name)


if __name__ == "__main__":
    main()
