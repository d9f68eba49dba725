"""``spikecam train``: each network from a data set, by one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecam.cli.old_options import parse_bounds, parse_whole_bounds
from spikecam.cli.training import (
    AugmentOption,
    BatchOption,
    CropOption,
    DatasetsArgument,
    DeviceOption,
    DevicesOption,
    EpochsOption,
    LrOption,
    NodesOption,
    PrecisionOption,
    RandomMomentsOption,
    RunOption,
    SeedOption,
    SkipOption,
    StepsOption,
    WeightsOption,
    WorkersOption,
    given,
    say,
    training_job,
)

train = typer.Typer(
    no_args_is_help=True,
    help="Train the networks: the three of S-SDM, SpikeGen with its autoencoder, and our own.",
)


@train.command()
def bsn(
    ctx: typer.Context,
    datasets: DatasetsArgument,
    out: RunOption,
    epochs: EpochsOption = 1000,
    steps: StepsOption = None,
    batch: BatchOption = 8,
    lr: LrOption = 3e-4,
    crop: CropOption = 128,
    window: Annotated[int, typer.Option("--window", help="Frames of a rate; odd.")] = 9,
    random_moments: RandomMomentsOption = True,
    augment: AugmentOption = True,
    width: Annotated[int, typer.Option("--width", help="Channels of the network.")] = 48,
    reflect_to_square: Annotated[
        bool, typer.Option("--mirrored/--as-is", help="Mirror what is not square, or not.")
    ] = True,
    device: DeviceOption = "auto",
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
    with training_job(ctx) as job:
        from spikecam.train.recipes.bsn import BSNOptions, train_bsn

        say(train_bsn(job, given(ctx, BSNOptions())).text)


@train.command()
def edsr(
    ctx: typer.Context,
    datasets: DatasetsArgument,
    out: RunOption,
    epochs: EpochsOption = 70,
    steps: StepsOption = None,
    batch: BatchOption = 8,
    lr: LrOption = 3e-4,
    crop: CropOption = 128,
    augment: AugmentOption = True,
    channels: Annotated[int, typer.Option("--channels", help="Channels of every layer.")] = 64,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks.")] = 16,
    device: DeviceOption = "auto",
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
    with training_job(ctx) as job:
        from spikecam.train.recipes.edsr import EDSROptions, train_edsr

        say(train_edsr(job, given(ctx, EDSROptions())).text)


@train.command()
def ldn(
    ctx: typer.Context,
    datasets: DatasetsArgument,
    out: RunOption,
    bsn: Annotated[
        str, typer.Option("--bsn", metavar="NAME|FILE", help="Weights of the teacher's BSN.")
    ] = "bsn",
    edsr: Annotated[
        str, typer.Option("--edsr", metavar="NAME|FILE", help="Weights of the teacher's EDSR.")
    ] = "edsr",
    lpips: Annotated[
        list[Path] | None,
        typer.Option("--lpips", metavar="FILE", help="Weights of LPIPS (VGG): .safetensors, .pth."),
    ] = None,
    reblur_weight: Annotated[
        float,
        typer.Option("--reblur-weight", help="Weight of the blurry picture against the teacher."),
    ] = 100.0,
    teacher_weight: Annotated[
        float, typer.Option("--teacher-weight", help="Weight of the teacher.")
    ] = 1.0,
    teacher_window: Annotated[
        int, typer.Option("--teacher-window", help="Frames that the teacher sees; odd.")
    ] = 9,
    epochs: EpochsOption = 100,
    steps: StepsOption = None,
    batch: BatchOption = 4,
    lr: LrOption = 1e-3,
    crop: CropOption = 128,
    moments: Annotated[
        int, typer.Option("--moments", help="Of an exposure that it learns at.")
    ] = 5,
    random_moments: RandomMomentsOption = False,
    augment: AugmentOption = True,
    window: Annotated[int, typer.Option("--window", help="Frames that LDN sees; odd.")] = 21,
    width: Annotated[int, typer.Option("--width", help="Channels at half of the size.")] = 16,
    reduction: Annotated[
        int, typer.Option("--reduction", help="By how much channel attention narrows.")
    ] = 16,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks.")] = 2,
    device: DeviceOption = "auto",
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
    with training_job(ctx) as job:
        from spikecam.train.recipes.ldn import LDNOptions, train_ldn

        say(train_ldn(job, given(ctx, LDNOptions(), lpips=tuple(map(str, lpips or ())))).text)


@train.command()
def refined(
    ctx: typer.Context,
    datasets: DatasetsArgument,
    out: RunOption,
    epochs: EpochsOption = 58,
    steps: StepsOption = 250,
    batch: BatchOption = 8,
    lr: LrOption = 8e-4,
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 160,
    moments: Annotated[int, typer.Option("--moments", help="Moments of a crop.")] = 1,
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="LOW:HIGH", help="V_th of the sensors.")
    ] = "0.6:8",
    spurious_prob: Annotated[
        float, typer.Option("--spurious-prob", help="Share of sensors that fire without light.")
    ] = 0.85,
    noise_prob: Annotated[
        float, typer.Option("--noise-prob", help="Share of noisy sensors.")
    ] = 0.25,
    fpn_prob: Annotated[
        float, typer.Option("--fpn-prob", help="Share with a fixed pattern.")
    ] = 0.2,
    scale_prob: Annotated[
        float, typer.Option("--scale-prob", help="Share with coarser, and with finer, spikes.")
    ] = 0.06,
    pseudo: Annotated[
        int,
        typer.Option(
            "--pseudo",
            metavar="N",
            help="Look at no sharp picture: make N scenes of the blurry ones and the spikes.",
        ),
    ] = 0,
    low_light_prob: Annotated[
        float, typer.Option("--low-light-prob", help="Share of darker scenes.")
    ] = 0.3,
    width: Annotated[int, typer.Option("--width", help="Channels at a quarter.")] = 64,
    deep_width: Annotated[int, typer.Option("--deep-width", help="Channels at an eighth.")] = 128,
    picture_blocks: Annotated[
        int, typer.Option("--picture-blocks", help="Residual blocks of the picture's branch.")
    ] = 2,
    deep_blocks: Annotated[
        int, typer.Option("--deep-blocks", help="Residual blocks at an eighth.")
    ] = 3,
    blocks: Annotated[int, typer.Option("--blocks", help="Residual blocks at a quarter.")] = 5,
    sdm_change: Annotated[
        bool, typer.Option("--unfolded/--maps-alone", help="Whether it sees SDM's picture.")
    ] = True,
    flow_warp: Annotated[
        bool, typer.Option("--trails/--no-trails", help="Whether it looks along the way of things.")
    ] = True,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train the network that corrects SDM, on scenes of spikecam synth --light, or --pseudo ones.

    Every sample has another sensor. A run that was stopped goes on when the command is repeated.
    """
    bounds = parse_bounds(thresholds, "--thresholds")
    with training_job(ctx) as job:
        from spikecam.train.recipes.refined import RefinedOptions, train_refined

        say(train_refined(job, given(ctx, RefinedOptions(), thresholds=bounds)).text)


@train.command()
def defocus(
    ctx: typer.Context,
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURES", help="Folders of sharp pictures, or DPDD.", show_default=False
        ),
    ],
    out: RunOption,
    epochs: EpochsOption = 13,
    steps: StepsOption = 500,
    batch: BatchOption = 4,
    lr: LrOption = 1e-3,
    size: Annotated[
        str | None, typer.Option("--size", help="base or small.", show_default="base")
    ] = None,
    crop: Annotated[
        int,
        typer.Option("--crop", help="Side of crops; pictures less than 32 wider are left out."),
    ] = 160,
    window: Annotated[
        str, typer.Option("--window", metavar="LOW:HIGH", help="Frames; an odd number is drawn.")
    ] = "51:401",
    radius: Annotated[
        float, typer.Option("--radius", help="Of the largest disc, in pixels.")
    ] = 12.0,
    white_rate: Annotated[
        str, typer.Option("--white-rate", metavar="LOW:HIGH", help="Spikes of white to a frame.")
    ] = "0.02:1.3",
    focus_prob: Annotated[
        float, typer.Option("--focus-prob", help="Share of scenes in focus.")
    ] = 0.3,
    soft_prob: Annotated[float, typer.Option("--soft-prob", help="Share of soft scenes.")] = 0.25,
    chart_prob: Annotated[
        float, typer.Option("--chart-prob", help="Share under charts: waves, bars, stars, clouds.")
    ] = 0.15,
    point_prob: Annotated[
        float, typer.Option("--point-prob", help="Share of scenes with points of light.")
    ] = 0.15,
    noise_prob: Annotated[
        float, typer.Option("--noise-prob", help="Share of noisy sensors.")
    ] = 0.5,
    spurious_prob: Annotated[
        float, typer.Option("--spurious-prob", help="Share of sensors that fire without light.")
    ] = 0.6,
    fpn_prob: Annotated[
        float, typer.Option("--fpn-prob", help="Share with a fixed pattern.")
    ] = 0.3,
    drift_prob: Annotated[
        float, typer.Option("--drift-prob", help="Share of scenes over which the camera drifts.")
    ] = 0.15,
    scenes: Annotated[
        int, typer.Option("--scenes", help="How many different ones; a worker keeps up to 4 GB.")
    ] = 6000,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
) -> None:
    """Train the network of reconstruct --method defocus, on folders of sharp pictures, or on DPDD.

    Every scene has other depths, another light and another sensor; those of DPDD are as they were
    taken, but for the share in focus, without --radius, --soft, --charts and --points. A run that
    was stopped goes on when the command is repeated.
    """
    frames = parse_whole_bounds(window, "--window")
    rates = parse_bounds(white_rate, "--white-rate")
    with training_job(ctx) as job:
        from spikecam.train.recipes.defocus import DefocusOptions, train_defocus

        say(train_defocus(job, given(ctx, DefocusOptions(), window=frames, white_rate=rates)).text)
