"""``spikecam weights``: those that ship, what files of weights are, and those of others."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.output import check_weights_out

weights = typer.Typer(
    no_args_is_help=True, help="Weights of the networks: list, show, or import those of others."
)


@weights.command("list")
def list_shipped() -> None:
    """List the weights that ship with spikecam."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shipped = sc.shipped_weights()
    if not shipped:
        print("no weights ship with this spikecam")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "network", "parameters", "size"):
        right = heading in ("parameters", "size")
        table.add_column(heading, no_wrap=True, justify="right" if right else "left")
    table.add_column("scores")
    table.add_column("summary")
    for name, path in shipped.items():
        network, card, count = sc.read_card(path)
        scores = "\n".join(f"{label} {value}" for label, value in card.scores)
        row = (name, network, _short(count), _size(path), scores, card.summary)
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


@weights.command()
def show(
    which: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE", help="Weights that ship, or a file.", show_default=False
        ),
    ],
) -> None:
    """Show the card of weights: what they are of, made from and good for."""
    network, card, count = sc.read_card(which)
    path = sc.shipped_weights().get(which, Path(which))
    rows = {"network": network, "parameters": f"{count:,}", "size": _size(path)}
    for name, value in asdict(card).items():
        text = (
            "\n".join(f"{label} {score}" for label, score in value) if name == "scores" else value
        )
        rows[name] = text.replace("\n", f"\n{'':15}")
    print(path)
    for name, value in rows.items():
        print(f"  {name:<12} {value}".rstrip())


@weights.command("import")
def import_foreign(
    foreign: Annotated[
        Path,
        typer.Argument(
            metavar="FOREIGN", help="A checkpoint of PyTorch: .pth.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="A .safetensors.", show_default=False)
    ],
) -> None:
    """Turn a released checkpoint of SpikeReveal's BSN, EDSR or LDN into weights of spikecam."""
    check_weights_out(out, [foreign])
    sc.import_weights(foreign, out)
    network, _, count = sc.read_card(out)
    print(f"{out}: {network}, {count:,} parameters")


def _short(count: int) -> str:
    """A number of parameters in millions or thousands."""
    return f"{count / 1e6:.2f} M" if count >= 999_500 else f"{count / 1e3:.0f} k"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"
