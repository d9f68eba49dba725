"""``spikecam train``: each network from a data set, by one command."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

import spikecam as sc
from spikecam.cli import interrupt
from spikecam.cli.options import parse_bounds

if TYPE_CHECKING:
    from spikecam.train.recipes import Job

Config = TypeVar("Config")

train = typer.Typer(
    no_args_is_help=True,
    help="Train the networks: the three of S-SDM, and our own, on blurry pictures and spikes.",
)

DatasetArgument = Annotated[
    Path,
    typer.Argument(metavar="DATASET", help="A folder like Spike-GOPRO or RSB.", show_default=False),
]
RunOption = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="RUN", help="A folder, or one to go on with.", show_default=False
    ),
]
EpochsOption = Annotated[int, typer.Option("--epochs", help="A run resumes at the end of each.")]
StepsOption = Annotated[
    int | None,
    typer.Option("--steps", metavar="N", help="Steps of an epoch; by default, pairs / samples."),
]
BatchOption = Annotated[int, typer.Option("--batch", help="Samples in a step, on every device.")]
LrOption = Annotated[float, typer.Option("--lr", help="The highest learning rate.")]
AcceleratorOption = Annotated[str, typer.Option("--accelerator", help="auto, cpu or cuda.")]
DevicesOption = Annotated[int, typer.Option("--devices", help="Devices of every machine.")]
NodesOption = Annotated[int, typer.Option("--nodes", help="Machines that train together.")]
PrecisionOption = Annotated[
    str, typer.Option("--precision", help="32-true, bf16-mixed or 16-mixed.")
]
WorkersOption = Annotated[int, typer.Option("--workers", help="Processes that prepare samples.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the first weights and all samples.")]
WeightsOption = Annotated[
    str | None,
    typer.Option("--weights", metavar="NAME|FILE", help="Weights to begin with, and their size."),
]
SkipOption = Annotated[
    bool, typer.Option("--skip-incomplete", help="Leave out pairs that lack a file.")
]
CropOption = Annotated[int, typer.Option("--crop", help="Side of crops, in pixels of the spikes.")]
DrawnOption = Annotated[
    bool, typer.Option("--drawn/--spread", help="Moments by lot, or evenly over the exposure.")
]
TurnedOption = Annotated[
    bool, typer.Option("--turned/--upright", help="Crops turned and mirrored, or not.")
]


@train.command()
def bsn(
    ctx: typer.Context,
    dataset: DatasetArgument,
    out: RunOption,
    epochs: EpochsOption = 1000,
    steps: StepsOption = None,
    batch: BatchOption = 8,
    lr: LrOption = 3e-4,
    crop: CropOption = 128,
    window: Annotated[int, typer.Option("--window", help="Frames of a rate; odd.")] = 9,
    drawn: DrawnOption = True,
    turned: TurnedOption = True,
    width: Annotated[int, typer.Option("--width", help="Channels of the network.")] = 48,
    mirrored: Annotated[
        bool, typer.Option("--mirrored/--as-is", help="Mirror what is not square, or not.")
    ] = True,
    accelerator: AcceleratorOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train BSN, which denoises firing rates, on nothing but noisy spikes.

    A run that was stopped goes on when the command is repeated.
    """
    with _job(ctx) as job:
        from spikecam.networks.bsn import BSNConfig
        from spikecam.train.bsn import CROPS, RUN
        from spikecam.train.recipes import train_bsn

        made = train_bsn(job, _given(ctx, RUN), _given(ctx, CROPS), _given(ctx, BSNConfig()))
        _done(made)


@train.command()
def sr(
    ctx: typer.Context,
    dataset: DatasetArgument,
    out: RunOption,
    epochs: EpochsOption = 70,
    steps: StepsOption = None,
    batch: BatchOption = 8,
    lr: LrOption = 3e-4,
    crop: CropOption = 128,
    turned: TurnedOption = True,
    channels: Annotated[int, typer.Option("--channels", help="Channels of every layer.")] = 64,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks.")] = 16,
    accelerator: AcceleratorOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train EDSR, which makes firing rates finer, on blurry pictures.

    A run that was stopped goes on when the command is repeated.
    """
    with _job(ctx) as job:
        from spikecam.networks.edsr import EDSRConfig
        from spikecam.train.recipes import train_sr
        from spikecam.train.sr import CROPS, RUN

        made = train_sr(job, _given(ctx, RUN), _given(ctx, CROPS), _given(ctx, EDSRConfig()))
        _done(made)


@train.command()
def ldn(
    ctx: typer.Context,
    dataset: DatasetArgument,
    out: RunOption,
    bsn: Annotated[
        str, typer.Option("--bsn", metavar="NAME|FILE", help="Weights of the teacher's BSN.")
    ] = "bsn",
    sr: Annotated[
        str, typer.Option("--sr", metavar="NAME|FILE", help="Weights of the teacher's EDSR.")
    ] = "edsr",
    lpips: Annotated[
        Path | None,
        typer.Option("--lpips", metavar="FILE", help="Weights of LPIPS (VGG): .safetensors, .pth."),
    ] = None,
    reblur: Annotated[
        float, typer.Option("--reblur", help="Weight of the blurry picture against the teacher.")
    ] = 100.0,
    short: Annotated[int, typer.Option("--short", help="Frames that the teacher sees; odd.")] = 9,
    epochs: EpochsOption = 100,
    steps: StepsOption = None,
    batch: BatchOption = 4,
    lr: LrOption = 1e-3,
    crop: CropOption = 128,
    moments: Annotated[int, typer.Option("--moments", help="Of an exposure.")] = 5,
    drawn: DrawnOption = False,
    turned: TurnedOption = True,
    window: Annotated[int, typer.Option("--window", help="Frames that LDN sees; odd.")] = 21,
    width: Annotated[int, typer.Option("--width", help="Channels at half of the size.")] = 16,
    reduction: Annotated[
        int, typer.Option("--reduction", help="By how much channel attention narrows.")
    ] = 16,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks.")] = 2,
    accelerator: AcceleratorOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train LDN, the student, by its teacher and the blurry picture.

    A run that was stopped goes on when the command is repeated.
    """
    with _job(ctx) as job:
        from spikecam.networks.ldn import LDNConfig
        from spikecam.train.ldn import CROPS, RUN, DistilConfig
        from spikecam.train.recipes import train_ldn

        made = train_ldn(
            job,
            _given(ctx, RUN),
            _given(ctx, CROPS),
            _given(ctx, LDNConfig()),
            teacher=(bsn, sr),
            distil=_given(ctx, DistilConfig()),
            lpips=lpips,
        )
        _done(made)


@train.command()
def refined(
    ctx: typer.Context,
    dataset: DatasetArgument,
    out: RunOption,
    epochs: EpochsOption = 60,
    steps: StepsOption = 250,
    batch: BatchOption = 8,
    lr: LrOption = 1e-3,
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 192,
    frames: Annotated[int, typer.Option("--frames", help="Moments of a crop.")] = 2,
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="LOW:HIGH", help="V_th of the sensors.")
    ] = "0.6:8",
    spurious: Annotated[
        float, typer.Option("--spurious", help="Share of sensors that fire without light.")
    ] = 0.85,
    noise: Annotated[float, typer.Option("--noise", help="Share of noisy sensors.")] = 0.25,
    patterned: Annotated[
        float, typer.Option("--patterned", help="Share with a fixed pattern.")
    ] = 0.2,
    scales: Annotated[
        float, typer.Option("--scales", help="Share with coarser, and with finer, spikes.")
    ] = 0.08,
    dimmed: Annotated[float, typer.Option("--dimmed", help="Share of darker scenes.")] = 0.3,
    width: Annotated[int, typer.Option("--width", help="Channels at a quarter.")] = 64,
    deep_width: Annotated[int, typer.Option("--deep-width", help="Channels at an eighth.")] = 128,
    picture_blocks: Annotated[
        int, typer.Option("--picture-blocks", help="Residual blocks of the picture's branch.")
    ] = 2,
    deep_blocks: Annotated[
        int, typer.Option("--deep-blocks", help="Residual blocks at an eighth.")
    ] = 3,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks at a quarter.")] = 5,
    accelerator: AcceleratorOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train the network that corrects SDM, on scenes of spikecam synth --light.

    Every sample has another sensor. A run that was stopped goes on when the command is repeated.
    """
    bounds = parse_bounds(thresholds, "--thresholds")
    with _job(ctx) as job:
        from spikecam.networks.refiner import RefinerConfig
        from spikecam.train.config import RunConfig
        from spikecam.train.recipes import train_refined
        from spikecam.train.scenes import SceneConfig

        made = train_refined(
            job,
            _given(ctx, RunConfig(epochs=epochs)),
            _given(ctx, SceneConfig(), thresholds=bounds),
            _given(ctx, RefinerConfig()),
        )
        _done(made)


def _given(ctx: typer.Context, config: Config, **parsed: Any) -> Config:
    """The configuration with what the command line says of it."""
    names = {field.name for field in fields(config)}  # type: ignore[arg-type]
    said = {name: value for name, value in ctx.params.items() if name in names}
    return replace(config, **(said | parsed))  # type: ignore[type-var]


@contextmanager
def _job(ctx: typer.Context) -> Iterator[Job]:
    """What the command line says of any stage; within, Ctrl-C tells how to go on."""
    missing = [n for n in ("lightning", "tensorboard") if importlib.util.find_spec(n) is None]
    if missing:
        raise sc.SpikecamError(
            f'training needs {" and ".join(missing)}; install with: pip install "spikecam[train]"'
        )
    from spikecam.train.recipes import Job
    from spikecam.train.run import Report

    given = ctx.params
    report = Report(
        say=_say if _first() else None,
        bar=_first() and sys.stderr.isatty(),
        command=shlex.join(["spikecam", *sys.argv[1:]]),
    )
    incomplete = "skip" if given["skip_incomplete"] else "refuse"
    hints = ("repeat the command to go on from the last epoch",) if _first() else ()
    try:
        with interrupt.saying(*hints):
            yield Job(given["dataset"], given["out"], given["weights"], incomplete, report)
    except sc.SpikecamError:
        # What is interrupted can fail in other ways on its way out.
        interrupt.check()
        raise


def _done(made: Path) -> None:
    """Say what was made, and how good it is."""
    from spikecam.train.folder import last_measures

    measures = sorted(last_measures(made.parent).items())
    _say(f"{made}: {', '.join(f'{name} {value:.4g}' for name, value in measures)}")


def _say(text: str) -> None:
    if _first():
        print(text, flush=True)


def _first() -> bool:
    """Whether this is the first of the processes that train together."""
    ranks = ("RANK", "NODE_RANK", "LOCAL_RANK", "SLURM_PROCID")
    return all(os.environ.get(name, "0") == "0" for name in ranks)
