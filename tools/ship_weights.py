"""Weights of a run become weights that ship: float16, with scores and a full card.

    python tools/ship_weights.py RUN/NETWORK.safetensors NAME SUMMARY --data TEXT --limits TEXT
        [--recipe TEXT] [--commit TEXT] [--judge FOLDER METHOD] [-o FOLDER]

Recipe and commit are those that the run wrote, where none are given: folders are named as anybody's
are. With ``--judge`` the scores are measured on the
file that ships, on sequences as `spikecam bench gopro` takes them; else they are the run's.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import nn

import spikecam as sc
from spikecam.bench.gopro import THRESHOLDS, scores_at_threshold

SHIPPED = Path(sc.__file__).with_name("weights") / "shipped"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("summary")
    parser.add_argument("--data", required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--recipe")
    parser.add_argument("--commit")
    parser.add_argument("--judge", nargs=2, metavar=("FOLDER", "METHOD"))
    parser.add_argument("-o", "--out", type=Path, default=SHIPPED, metavar="FOLDER")
    args = parser.parse_args()
    network, card = sc.load_weights(args.run)
    card = replace(
        card,
        name=args.name,
        summary=args.summary,
        data=args.data,
        limits=args.limits,
        licence="MIT",
        recipe=args.recipe or card.recipe,
        commit=args.commit or card.commit,
    )
    if args.judge:
        card = replace(card, scores=judged(network, card, Path(args.judge[0]), args.judge[1]))
    out = args.out / f"{args.name}.safetensors"
    sc.save_weights(out, network, card, half=True)
    print(out, out.stat().st_size)


def judged(
    network: nn.Module, card: sc.Card, folder: Path, method: str
) -> tuple[tuple[str, str], ...]:
    """Scores of the weights as they will ship."""
    with TemporaryDirectory() as there:
        path = Path(there) / "half.safetensors"
        sc.save_weights(path, network, card, half=True)
        name = f"{method}:{path}"
        scores = [scores_at_threshold(folder, v, [name])[name] for v in THRESHOLDS]
    return (
        (
            f"{folder.name} V_th {', '.join(map(str, THRESHOLDS))}",
            " / ".join(f"{one.mean('psnr'):.2f}" for one in scores) + " dB",
        ),
        ("SSIM", " / ".join(f"{one.mean('ssim'):.3f}" for one in scores)),
    )


if __name__ == "__main__":
    main()
