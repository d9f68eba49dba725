"""``spikecam``: the commands, and how their errors and interruptions end."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import spikecam
from spikecam.cli import interrupt
from spikecam.cli.adapt import adapt
from spikecam.cli.app import app as browser_app
from spikecam.cli.bench import bench
from spikecam.cli.calibrate import calibrate
from spikecam.cli.convert import convert
from spikecam.cli.deblur import deblur
from spikecam.cli.demo import demo
from spikecam.cli.generate import generate
from spikecam.cli.info import info
from spikecam.cli.live import live
from spikecam.cli.reconstruct import reconstruct
from spikecam.cli.score import score
from spikecam.cli.simulate import simulate
from spikecam.cli.synth import synth
from spikecam.cli.train import train
from spikecam.cli.train_spikegen import autoencoder, latents, spikegen, spikegen_tuned
from spikecam.cli.view import view
from spikecam.cli.weights import weights
from spikecam.errors import SpikecamError

app = typer.Typer(
    name="spikecam",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    info,
    view,
    convert,
    reconstruct,
    deblur,
    generate,
    simulate,
    synth,
    adapt,
    score,
    demo,
):
    app.command()(_command)
app.command("app")(browser_app)
app.command()(live)
app.add_typer(bench, name="bench")
app.add_typer(calibrate, name="calibrate")
train.command()(autoencoder)
train.command()(latents)
train.command()(spikegen)
train.command("spikegen-tuned")(spikegen_tuned)
app.add_typer(train, name="train")
app.add_typer(weights, name="weights")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"spikecam {spikecam.__version__}")
        raise typer.Exit


@app.callback()
def _spikecam(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Pictures from spike cameras: read, reconstruct, deblur."""


def main() -> None:
    """Run the command line; errors of the user's end in one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names need not be valid text, but must not break the message about them.
            stream.reconfigure(errors="backslashreplace")
    interrupt.listen()
    try:
        app()
    except SpikecamError as error:
        print(f"spikecam: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        # What is left: a full disk behind standard output, say.
        print(f"spikecam: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)
