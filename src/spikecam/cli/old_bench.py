"""``spikecam bench``: the papers' tables, and how fast everything is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.old_bench_speed import speed
from spikecam.cli.old_options import CameraOption, SizeOption, parse_size
from spikecam.cli.training import (
    BatchOption,
    CropOption,
    DatasetsArgument,
    DeviceOption,
    DevicesOption,
    EpochsOption,
    LrOption,
    NodesOption,
    PrecisionOption,
    RunOption,
    SeedOption,
    SkipOption,
    StepsOption,
    WorkersOption,
    given,
    say,
    training_job,
)

if TYPE_CHECKING:
    from spikecam.bench.report import Report

bench = typer.Typer(
    help="Measure: the papers' tables on your data or on a stand-in, and speed.",
)

bench.command()(speed)

FolderArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[FOLDER]", help="The data set; without it, a simulated stand-in."),
]
ReportOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", help="For the report: .md, .csv and .html."),
]
MethodsOption = Annotated[
    list[str] | None,
    typer.Option("--method", metavar="METHOD[:WEIGHTS]", help="What to judge; may be given again."),
]
MetricsOption = Annotated[
    list[str] | None,
    typer.Option("--metric", help="As for spikecam score; may be given again."),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N of the data.")
]


@bench.command()
def gopro(
    folder: FolderArgument = None,
    out: ReportOption = None,
    method: MethodsOption = None,
    metric: MetricsOption = None,
    limit: LimitOption = None,
) -> None:
    """Deblurring at V_th 1, 2 and 4, a sequence and its middle frame (SpikeReveal 1, SpikeGen 2).

    FOLDER is Spike-GOPRO, or holds folders with blur.png, spikes_v1.dat and sharp_020.png.
    """
    from spikecam.bench.gopro import METHODS, SHOWN
    from spikecam.bench.gopro import gopro as measure

    names = sc.check_metrics(metric or SHOWN, with_truth=True)
    _check(folder, out)
    made = measure(folder, method or METHODS, metrics=names, limit=limit, **_told())
    _finish(made, out)


@bench.command()
def modules(
    folder: FolderArgument = None,
    out: ReportOption = None,
    bsn: Annotated[str, typer.Option("--bsn", metavar="NAME|FILE", help="Weights of BSN.")] = "bsn",
    sr: Annotated[str, typer.Option("--sr", metavar="NAME|FILE", help="Of EDSR.")] = "edsr",
    ldn: Annotated[str, typer.Option("--ldn", metavar="NAME|FILE", help="Of LDN.")] = "ldn",
    limit: LimitOption = None,
) -> None:
    """What each module of S-SDM adds (SpikeReveal, Table 2); FOLDER as for gopro."""
    from spikecam.bench.gopro import modules as measure

    _check(folder, out)
    _finish(measure(folder, weights=(bsn, sr, ldn), limit=limit, **_told()), out)


@bench.command()
def losses(
    ctx: typer.Context,
    datasets: DatasetsArgument,
    out: RunOption,
    judge: Annotated[
        Path | None,
        typer.Option("--judge", metavar="FOLDER", help="What to judge by, as for gopro."),
    ] = None,
    bsn: Annotated[
        str, typer.Option("--bsn", metavar="NAME|FILE", help="Weights of the teacher's BSN.")
    ] = "bsn",
    edsr: Annotated[
        str, typer.Option("--edsr", metavar="NAME|FILE", help="Weights of the teacher's EDSR.")
    ] = "edsr",
    limit: LimitOption = None,
    epochs: EpochsOption = 100,
    steps: StepsOption = None,
    batch: BatchOption = 4,
    lr: LrOption = 1e-3,
    crop: CropOption = 128,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    skip_incomplete: SkipOption = False,
) -> None:
    """What each part of the student's loss is worth: six trainings (SpikeReveal, Table 3).

    A run that was stopped goes on when the command is repeated.
    """
    with training_job(ctx) as job:
        from spikecam.bench.losses import losses as measure
        from spikecam.train.recipes.ldn import LDNOptions

        _check(judge, out)
        made = measure(job, judge, given(ctx, LDNOptions()), limit=limit, say=say)
        _finish(made, out)


@bench.command()
def rsb(
    folder: FolderArgument = None,
    out: ReportOption = None,
    method: MethodsOption = None,
    metric: MetricsOption = None,
    limit: LimitOption = None,
) -> None:
    """Deblurring of real pairs without truth (SpikeReveal, Table 4); FOLDER is RSB."""
    from spikecam.bench.gopro import METHODS
    from spikecam.bench.rsb import rsb as measure

    if metric is not None:
        sc.check_metrics(metric, with_truth=False)
    _check(folder, out)
    made = measure(folder, method or METHODS, metrics=metric, limit=limit, **_told())
    _finish(made, out)


@bench.command()
def reconstruct(
    folder: FolderArgument = None,
    out: ReportOption = None,
    method: MethodsOption = None,
    metric: MetricsOption = None,
    size: SizeOption = None,
    camera: CameraOption = None,
    limit: LimitOption = None,
) -> None:
    """Pictures out of spikes alone (SpikeGen, Table 3).

    FOLDER holds NAME.dat with NAME.png of frame 150, as SREDS, or recordings alone.
    """
    from spikecam.bench.reconstruct import METHODS
    from spikecam.bench.reconstruct import reconstruct as measure

    if size is not None and camera is not None:
        raise sc.OptionError("--size and --camera both say how large frames are; give one")
    geometry = camera if size is None else parse_size(size, "--size")[::-1]
    _check(folder, out)
    made = measure(
        folder, method or METHODS, metrics=metric, camera=geometry, limit=limit, **_told()
    )
    _finish(made, out)


@bench.command()
def generation(
    folder: FolderArgument = None,
    out: ReportOption = None,
    dense: Annotated[
        Path | None,
        typer.Option(
            "--dense", metavar="FOLDER", help="NAME.dat with NAME.png of frame 150, as SREDS."
        ),
    ] = None,
    weights: Annotated[
        str, typer.Option("--weights", metavar="NAME|FILE", help="Of SpikeGen.")
    ] = "spikegen",
    autoencoder: Annotated[
        str, typer.Option("--autoencoder", metavar="NAME|FILE", help="That they are for.")
    ] = "autoencoder",
    limit: LimitOption = None,
) -> None:
    """SpikeGen with both modalities and each alone, its steps, and dense reconstruction."""
    from spikecam.bench.generation import generation as measure

    _check(folder, out)
    made = measure(folder, dense, weights=(weights, autoencoder), limit=limit, **_told())
    _finish(made, out)


@bench.command()
def defocus(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]", help="Sharp pictures; without it, eight of scikit-image's."
        ),
    ] = None,
    out: ReportOption = None,
    weights: Annotated[
        str, typer.Option("--weights", metavar="NAME|FILE", help="Of the network.")
    ] = "defocus",
    limit: LimitOption = None,
) -> None:
    """Scenes out of focus, by disc, by light and by frames."""
    from spikecam.bench.defocus import defocus as measure

    _check(folder, out)
    _finish(measure(folder, weights=weights, limit=limit, **_told()), out)


def _check(folder: Path | None, out: Path | None) -> None:
    """Refuse, before any work, a data set that is not there and a report that cannot be written."""
    if folder is not None and not folder.is_dir():
        raise sc.FileError(f"{folder} is no folder; name a data set, or none for the stand-in")
    if out is not None:
        from spikecam.bench.report import check_report

        check_report(out)


def _told() -> dict[str, Any]:
    return {"command": shlex.join(["spikecam", *sys.argv[1:]]), "say": say}


def _finish(report: Report, out: Path | None) -> None:
    """Print the tables, and write the report where one was asked for."""
    from spikecam.bench.report import write_report
    from spikecam.show.table import format_terminal

    for table in report.tables:
        print(f"\n{table.title}\n\n{format_terminal(table.rows)}")
        for note in table.notes:
            print(f"- {note}")
    if out is not None:
        for path in write_report(out, report):
            print(path)
