"""Commands that still run on typer."""

import typer

from spikecam.cli.adapt import adapt
from spikecam.cli.old_bench import bench
from spikecam.cli.train import train
from spikecam.cli.train_spikegen import autoencoder, latents, spikegen, spikegen_tuned

app = typer.Typer(
    name="spikecam",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(adapt)
app.add_typer(bench, name="bench")
train.command()(autoencoder)
train.command()(latents)
train.command()(spikegen)
train.command("spikegen-tuned")(spikegen_tuned)
app.add_typer(train, name="train")
