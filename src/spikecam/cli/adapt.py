"""``spikecam adapt``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.output import check_weights_out
from spikecam.cli.training import (
    AcceleratorOption,
    BatchOption,
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
    accelerator: AcceleratorOption = "auto",
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
    with training_job(ctx, datasets=captures, folder=run) as job:
        from spikecam.train.adaptation import RUN, adapt

        made = adapt(job, out, given(ctx, RUN), scenes=scenes, patience=patience)
        say(
            f"{out}: {made.psnr[0]:.2f} dB became {made.psnr[1]:.2f} on held-out scenes, the error "
            f"at hidden pixels of captures {made.blind[0]:.4f} became {made.blind[1]:.4f}; "
            f"pictures in {run / 'pictures'}"
        )
