"""Benchmarks that still run on typer."""

import typer

from spikecam.cli.old_bench import bench

app = typer.Typer(
    name="spikecam",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(bench, name="bench")


@app.callback()
def _main() -> None:
    pass
