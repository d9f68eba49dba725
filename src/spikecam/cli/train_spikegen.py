"""``spikecam train`` for SpikeGen: its autoencoder, its latents, pre-training and fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.old_options import parse_bounds
from spikecam.cli.progress import progress_tracker
from spikecam.cli.training import (
    AcceleratorOption,
    BatchOption,
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
    done,
    given,
    named_size,
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
DrawsOption = Annotated[int, typer.Option("--draws", help="Of noise, for each token and step.")]


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
    accelerator: AcceleratorOption = "auto",
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
        from spikecam.networks.configs.autoencoder import AutoencoderConfig
        from spikecam.train.autoencoder import RUN
        from spikecam.train.generative import train_autoencoder

        done(train_autoencoder(job, given(ctx, RUN), given(ctx, AutoencoderConfig()), crop=crop))


def latents(
    ctx: typer.Context,
    datasets: PicturesArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="CACHE", help="A folder.", show_default=False)
    ],
    autoencoder: AutoencoderOption = "autoencoder",
    crop: Annotated[int, typer.Option("--crop", help="Side of crops of pictures.")] = 256,
    each: Annotated[int, typer.Option("--each", help="Crops of every picture.")] = 8,
    accelerator: AcceleratorOption = "auto",
    seed: SeedOption = 0,
) -> None:
    """Make the latents that SpikeGen is pre-trained on: blurry and sharp pictures, and 8 frames."""
    with training_job(ctx, resumes=f"nothing is kept; {out} is made when all of it is there"):
        from spikecam.generation.latents import load_autoencoder
        from spikecam.resources import pick_device
        from spikecam.train.latents import make_latents

        codec, name = load_autoencoder(autoencoder)
        codec.to(pick_device(accelerator))
        cache = make_latents(
            datasets,
            out,
            codec,
            name,
            crop=crop,
            each=each,
            seed=seed,
            track=progress_tracker("latents"),
        )
    print(f"{out}: latents of {cache.train} crops to train with and {cache.val} to judge by")


def spikegen(
    ctx: typer.Context,
    latents: Annotated[
        Path,
        typer.Argument(metavar="CACHE", help="From spikecam train latents.", show_default=False),
    ],
    out: RunOption,
    size: SizeOption = None,
    autoencoder: AutoencoderOption = "autoencoder",
    draws: DrawsOption = 2,
    epochs: EpochsOption = 10,
    steps: StepsOption = None,
    batch: BatchOption = 64,
    lr: LrOption = 1e-4,
    accelerator: AcceleratorOption = "auto",
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
        from spikecam.train.generative import pretrain_spikegen
        from spikecam.train.spikegen import PRETRAINED, LossConfig

        made = pretrain_spikegen(
            job,
            given(ctx, PRETRAINED),
            _size(size),
            losses=given(ctx, LossConfig()),
            autoencoder=autoencoder,
        )
        done(made)


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
    dense: Annotated[
        float, typer.Option("--dense", help="Share of samples without a picture.")
    ] = 0.3,
    alone: Annotated[
        float, typer.Option("--alone", help="Share of a picture alone, and of spikes alone.")
    ] = 0.12,
    variance: Annotated[float, typer.Option("--variance", help="Of the ratio g.")] = 0.02,
    draws: DrawsOption = 2,
    pixels: Annotated[
        float, typer.Option("--pixels", help="Weight of the error of decoded pictures.")
    ] = 20.0,
    alignment: Annotated[
        float, typer.Option("--alignment", help="Weight of the spike-alignment loss.")
    ] = 0.0,
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="LOW:HIGH", help="V_th of the sensors.")
    ] = "0.6:8",
    epochs: EpochsOption = 100,
    steps: StepsOption = None,
    batch: BatchOption = 32,
    lr: LrOption = 1e-4,
    accelerator: AcceleratorOption = "auto",
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
    explicit = ctx.get_parameter_source("dense")
    if not pictures and explicit is not None and explicit.name == "COMMANDLINE":
        raise sc.OptionError("--dense is a share of samples over --pictures; give a folder of them")
    with training_job(ctx, datasets or []) as job:
        from spikecam.train.generative import tune_spikegen
        from spikecam.train.moments import MomentConfig
        from spikecam.train.scenes import SceneConfig
        from spikecam.train.spikegen import TUNED, TUNED_LOSSES

        made = tune_spikegen(
            job,
            given(ctx, TUNED),
            _size(size),
            given(ctx, MomentConfig()),
            # Frames are of spikes here; the coarser and finer ones, and trails, are not taken.
            SceneConfig(crop=crop, thresholds=bounds, scales=0.0, along=False),
            losses=given(ctx, TUNED_LOSSES),
            autoencoder=autoencoder,
            pictures=pictures or [],
        )
        done(made)


def _size(name: str | None) -> Any:
    """The configuration of that name."""
    from spikecam.networks.configs.spikegen import SIZES

    return None if name is None else named_size(SIZES, name)
