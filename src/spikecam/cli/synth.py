"""``spikecam synth``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.options import (
    FpnOption,
    InterpolateOption,
    LinearOption,
    PresetOption,
    parse_bounds,
    parse_numbers,
    parse_size,
    read_fpn,
)
from spikecam.cli.progress import track


def synth(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCES",
            help="Photographs, videos, or folders of them.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DATASET",
            help="A folder, or one to go on with.",
            show_default=False,
        ),
    ],
    sequences: Annotated[int, typer.Option("--sequences", help="Scenes, all together.")] = 100,
    pairs: Annotated[int, typer.Option("--pairs", help="Exposures in each scene.")] = 1,
    size: Annotated[
        str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Of the pictures.")
    ] = "512x384",
    speed: Annotated[
        str,
        typer.Option("--speed", metavar="LOW:HIGH", help="Pixels that photographs move."),
    ] = "0:60",
    foregrounds: Annotated[
        float, typer.Option("--foregrounds", help="Share of them with something in front.")
    ] = 0.5,
    preset: PresetOption = "s-sdm",
    threshold: Annotated[
        str | None,
        typer.Option("--threshold", metavar="V_TH,...", help="One of these for each scene."),
    ] = None,
    fpn: FpnOption = None,
    length: Annotated[int, typer.Option("--length", help="Frames of an exposure.")] = 97,
    gap: Annotated[int, typer.Option("--gap", help="Frames between two of them.")] = 7,
    linear: LinearOption = False,
    interpolate: InterpolateOption = 8,
    light: Annotated[
        bool, typer.Option("--light", help="Keep the spike camera's film, for other sensors.")
    ] = False,
    val: Annotated[float, typer.Option("--val", help="Share of sources to validate with.")] = 0.1,
    test: Annotated[float, typer.Option("--test", help="Share of sources to test with.")] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same files.")] = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Scenes at a time; as many as cores.")
    ] = None,
) -> None:
    """Make a data set of blurry pictures, spikes and sharp films, in the layout of Spike-GOPRO.

    A run that was stopped goes on where it was when it is repeated.
    """
    width, height = parse_size(size, "--size")
    low, high = parse_bounds(speed, "--speed")
    config = sc.SynthConfig(
        size=(height, width),
        sequences=sequences,
        pairs=pairs,
        speed=(low, high),
        foregrounds=foregrounds,
        preset=preset,
        thresholds=() if threshold is None else parse_numbers(threshold, "--threshold"),
        length=length,
        gap=gap,
        linear=linear,
        interpolate=interpolate,
        light=light,
        val=val,
        test=test,
        seed=seed,
    )
    made = sc.Synthesis(sources, out, config, fpn=read_fpn(fpn), workers=workers)
    counts: dict[str, int] = {}
    for scene in track(made, len(made), "Scenes"):
        counts[scene.split] = counts.get(scene.split, 0) + 1
    parts = ", ".join(f"{counts[split]} {split}" for split in sorted(counts))
    print(f"{out}: {len(made)} scenes ({parts}); no source is in two of them")
