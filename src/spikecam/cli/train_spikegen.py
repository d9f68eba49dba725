"""``spikecam train`` for SpikeGen: its autoencoder, its latents, pre-training and fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.old_options import parse_bounds
from spikecam.cli.training import (
    BatchOption,
    DeviceOption,
    DevicesOption,
    EpochsOption,
    LrOption,
    NodesOption,
    PicturesArgument,
    PrecisionOption,
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

AutoencoderOption = Annotated[
    str,
    typer.Option(
        "--autoencoder", metavar="NAME|FILE|FOLDER", help="Whose latents; a folder of diffusers."
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option("--size", help="base, as published, small or tiny.", show_default="tiny"),
]
DrawsOption = Annotated[
    int, typer.Option("--noise-draws", help="Of noise, for each token and step.")
]


def autoencoder(
    ctx: typer.Context,
    datasets: PicturesArgument,
    out: RunOption,
    epochs: EpochsOption = 40,
    steps: StepsOption = 250,
    batch: BatchOption = 16,
    lr: LrOption = 6e-4,
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 128,
    channels: Annotated[int, typer.Option("--channels", help="Channels of the latents.")] = 16,
    width: Annotated[int, typer.Option("--width", help="Channels at a quarter.")] = 64,
    deep_width: Annotated[int, typer.Option("--deep-width", help="Channels at an eighth.")] = 160,
    blocks: Annotated[
        int, typer.Option("--blocks", help="Residual blocks at a quarter, either way.")
    ] = 3,
    deep_blocks: Annotated[
        int, typer.Option("--deep-blocks", help="Residual blocks at an eighth, either way.")
    ] = 2,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
) -> None:
    """Train the autoencoder whose latents SpikeGen works on, on any folder of sharp pictures.

    A run that was stopped goes on when the command is repeated.
    """
    with training_job(ctx) as job:
        from spikecam.train.recipes.autoencoder import AutoencoderOptions, train_autoencoder

        say(train_autoencoder(job, given(ctx, AutoencoderOptions())).text)


def latents(
    ctx: typer.Context,
    datasets: PicturesArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="CACHE", help="A folder.", show_default=False)
    ],
    autoencoder: AutoencoderOption = "autoencoder",
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 256,
    crops_per_picture: Annotated[
        int, typer.Option("--crops-per-picture", help="Crops of every picture.")
    ] = 8,
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
) -> None:
    """Make the latents that SpikeGen is pre-trained on: blurry and sharp pictures, and 8 frames."""
    with training_job(
        ctx, resumes=f"nothing is kept; {out} is made when all of it is there"
    ) as job:
        from spikecam.train.recipes.latents import LatentsOptions, make_latent_cache

        say(make_latent_cache(job, given(ctx, LatentsOptions())).text)


def spikegen(
    ctx: typer.Context,
    latents: Annotated[
        Path,
        typer.Argument(metavar="CACHE", help="From spikecam train latents.", show_default=False),
    ],
    out: RunOption,
    size: SizeOption = None,
    autoencoder: AutoencoderOption = "autoencoder",
    noise_draws: DrawsOption = 2,
    epochs: EpochsOption = 10,
    steps: StepsOption = None,
    batch: BatchOption = 64,
    lr: LrOption = 1e-4,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
) -> None:
    """Pre-train SpikeGen on latents of blurred pictures and few spikes.

    A run that was stopped goes on when the command is repeated.
    """
    with training_job(ctx, [latents]) as job:
        from spikecam.train.recipes.spikegen import SpikeGenOptions, pretrain_spikegen

        say(pretrain_spikegen(job, given(ctx, SpikeGenOptions())).text)


def spikegen_tuned(
    ctx: typer.Context,
    out: RunOption,
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATASET",
            help="Folders like Spike-GOPRO; best --light ones.",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            "--pictures", metavar="FOLDER", help="Of sharp pictures, for dense reconstruction."
        ),
    ] = None,
    size: SizeOption = None,
    autoencoder: AutoencoderOption = "autoencoder",
    frames: Annotated[int, typer.Option("--frames", help="Of spikes; a multiple of 8.")] = 40,
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 128,
    dense_prob: Annotated[
        float, typer.Option("--dense-prob", help="Share of samples without a picture.")
    ] = 0.3,
    single_source_prob: Annotated[
        float,
        typer.Option("--single-source-prob", help="Share of a picture, or spikes, alone."),
    ] = 0.12,
    mix_variance: Annotated[float, typer.Option("--mix-variance", help="Of the ratio g.")] = 0.02,
    noise_draws: DrawsOption = 2,
    pixel_weight: Annotated[
        float, typer.Option("--pixel-weight", help="Weight of the error of decoded pictures.")
    ] = 20.0,
    alignment_weight: Annotated[
        float, typer.Option("--alignment-weight", help="Weight of the spike-alignment loss.")
    ] = 0.0,
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="LOW:HIGH", help="V_th of the sensors.")
    ] = "0.6:8",
    epochs: EpochsOption = 100,
    steps: StepsOption = None,
    batch: BatchOption = 32,
    lr: LrOption = 1e-4,
    device: DeviceOption = "auto",
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    precision: PrecisionOption = "32-true",
    workers: WorkersOption = 2,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    skip_incomplete: SkipOption = False,
) -> None:
    """Train SpikeGen for deblurring (DATASET), dense reconstruction (--pictures), or both.

    A run that was stopped goes on when the command is repeated.
    """
    bounds = parse_bounds(thresholds, "--thresholds")
    explicit = ctx.get_parameter_source("dense_prob")
    if not pictures and explicit is not None and explicit.name == "COMMANDLINE":
        raise sc.OptionError(
            "--dense-prob is a share of samples over --pictures; give a folder of them"
        )
    with training_job(ctx, datasets or []) as job:
        from spikecam.train.recipes.spikegen_tuned import SpikeGenTunedOptions, tune_spikegen

        folders = tuple(map(str, pictures or ()))
        options = given(ctx, SpikeGenTunedOptions(), pictures=folders, thresholds=bounds)
        say(tune_spikegen(job, options).text)
