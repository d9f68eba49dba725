"""What the commands that train share: options, and what they are asked for."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

import spikecam as sc
from spikecam.cli.interrupt import check_interrupt, interruption_notice
from spikecam.extras import require

if TYPE_CHECKING:
    from spikecam.train.engine.job import Job

Config = TypeVar("Config")

DatasetsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="DATASET", help="Folders like Spike-GOPRO or RSB.", show_default=False),
]
PicturesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PICTURES", help="Folders of sharp pictures.", show_default=False),
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
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps.")]
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
RandomMomentsOption = Annotated[
    bool,
    typer.Option(
        "--random-moments/--no-random-moments",
        help="Moments at random, or evenly over the exposure.",
    ),
]
AugmentOption = Annotated[
    bool, typer.Option("--augment/--no-augment", help="Crops rotated and flipped, or not.")
]


def given(ctx: typer.Context, config: Config, **parsed: Any) -> Config:
    """The configuration, and its groups, with what the command line says of it."""
    changes: dict[str, Any] = {}
    for one in fields(config):  # type: ignore[arg-type]
        value = getattr(config, one.name)
        if is_dataclass(value):
            changes[one.name] = given(ctx, value, **parsed)
        elif one.name in parsed or one.name in ctx.params:
            changes[one.name] = parsed.get(one.name, ctx.params.get(one.name))
    return replace(config, **changes)  # type: ignore[type-var]


@contextmanager
def training_job(
    ctx: typer.Context,
    datasets: list[Path] | None = None,
    folder: Path | None = None,
    *,
    resumes: str = "repeat the command to go on from the last epoch",
) -> Iterator[Job]:
    """What the command line says of any stage; within, Ctrl-C tells how to go on."""
    packages = ("lightning", "tensorboard", "cachetools", "pytorch_optimizer")
    require(*packages, extra="train", purpose="training")
    from spikecam.train.engine.job import Job, Report

    said = ctx.params
    report = Report(
        say=say if _first() else None,
        progress_bar=_first() and sys.stderr.isatty(),
        command=shlex.join(["spikecam", *sys.argv[1:]]),
        check_stop=check_interrupt,
    )
    hints = (resumes,) if _first() else ()
    try:
        with interruption_notice(*hints):
            yield Job(
                said["datasets"] if datasets is None else datasets,
                folder or said["out"],
                report,
            )
    except sc.SpikecamError:
        # What is interrupted can fail in other ways on its way out.
        check_interrupt()
        raise


def say(text: str) -> None:
    """Print, in the first of several processes."""
    if _first():
        print(text, flush=True)


def _first() -> bool:
    """Whether this is the first of the processes that train together."""
    ranks = ("RANK", "NODE_RANK", "LOCAL_RANK", "SLURM_PROCID")
    return all(os.environ.get(name, "0") == "0" for name in ranks)
