"""Weights of a run become weights that ship: float16, with scores and a full card.

    python tools/ship_weights.py RUN/NETWORK.safetensors NAME SUMMARY --data TEXT --limits TEXT
        [--judge FOLDER METHOD]

Recipe and commit are those that the run wrote. With ``--judge`` the scores are measured on the
file that ships, on sequences as `spikecam.bench.sequences` takes them; else they are the run's.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.bench.sequences import THRESHOLDS, score

SHIPPED = Path(sc.__file__).with_name("weights") / "shipped"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("summary")
    parser.add_argument("--data", required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--judge", nargs=2, metavar=("FOLDER", "METHOD"))
    args = parser.parse_args()
    network, card = sc.load_weights(args.run)
    card = replace(
        card,
        name=args.name,
        summary=args.summary,
        data=args.data,
        limits=args.limits,
        licence="MIT",
    )
    out = SHIPPED / f"{args.name}.safetensors"
    sc.save_weights(out, network, card, half=True)
    if args.judge:
        folder, method = args.judge
        means = [
            np.mean([one[:2] for one in score(Path(folder), v, method, weights=out)], axis=0)
            for v in THRESHOLDS
        ]
        label = f"{Path(folder).name} V_th {', '.join(map(str, THRESHOLDS))}"
        said = (
            (label, " / ".join(f"{mean[0]:.2f}" for mean in means) + " dB"),
            ("SSIM", " / ".join(f"{mean[1]:.3f}" for mean in means)),
        )
        sc.save_weights(out, network, replace(card, scores=said), half=True)
    print(out, out.stat().st_size)


if __name__ == "__main__":
    main()
