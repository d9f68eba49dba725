"""``spikecam adapt``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.output import check_weights_out
from spikecam.cli.training import (
    BatchOption,
    DeviceOption,
    EpochsOption,
    LrOption,
    PrecisionOption,
    SeedOption,
    SkipOption,
    StepsOption,
    WorkersOption,
    given,
    say,
    training_job,
)


def adapt(
    ctx: typer.Context,
    captures: Annotated[
        list[Path],
        typer.Argument(
            metavar="CAPTURES", help="Folders like Spike-GOPRO or RSB.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help=".safetensors", show_default=False),
    ],
    weights: Annotated[
        str, typer.Option("--weights", metavar="NAME|FILE", help="Weights to begin with.")
    ] = "refined",
    scenes: Annotated[
        int, typer.Option("--scenes", help="Scenes made of the captures, to train on.")
    ] = 200,
    patience: Annotated[
        int, typer.Option("--patience", help="Epochs without a gain until it ends.")
    ] = 4,
    epochs: EpochsOption = 20,
    steps: StepsOption = 50,
    batch: BatchOption = 8,
    lr: LrOption = 2e-4,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    skip_incomplete: SkipOption = False,
) -> None:
    """Adapt the network to your own camera, by captures without any truth.

    CAPTURES are blurry pictures with their spikes. What the run keeps lies beside OUT, in a folder
    of its name, with pictures before and after. Where adapting does not help, OUT is not written.
    """
    check_weights_out(out, [Path(weights), *captures])
    run = out.with_suffix("")
    if run.exists() and any(one.exists() and run.samefile(one) for one in captures):
        raise sc.OutputError(
            f"{out}: the run would be kept in {run}, which holds captures; name another OUT"
        )
    with training_job(ctx, datasets=captures, folder=out) as job:
        from spikecam.train.recipes.adaptation import AdaptationOptions, adapt

        say(adapt(job, given(ctx, AdaptationOptions())).text)
