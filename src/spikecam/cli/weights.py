"""Weights of the networks: list, show, or import those of others."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.options import OUTPUT_GROUP, OverwriteOption
from spikecam.deblurring.second_stage import second_stage_kinds
from spikecam.method import Takes, all_methods
from spikecam.weights.catalogue import SUFFIX

weights = App(name="weights", help=__doc__)

COMMANDS = {
    Takes.SPIKES: "reconstruct",
    Takes.SPIKES_AND_PICTURE: "deblur",
    Takes.SPIKES_OR_PICTURE: "generate",
    Takes.SPIKES_AT_TWO_FRAMES: "flow",
}


@weights.command(name="list")
def list_weights() -> None:
    """List the weights that ship with spikecam and your own, and the commands that take them.

    Your own are files in the folder of the environment variable SPIKECAM_WEIGHTS, or where the
    system keeps data of programs.
    """
    facts = [
        {
            "name": info.name,
            "network": info.network,
            "parameters": info.parameters,
            "summary": info.summary,
            "scores": dict(info.card.scores),
            "taken_by": commands_taking(info.network),
            "file": info.path,
        }
        for info in map(sc.read_weights_info, sc.named_weights())
    ]
    if not facts:
        report("no weights ship with this spikecam, and there are none of yours", {"weights": []})
        return
    report(_format_weights_table(facts), {"weights": facts})


@weights.command(name="show")
def show_card(which: Annotated[str, Parameter(name="NAME|FILE")], /) -> None:
    """Show the card of weights: what they are of, made from and good for.

    Args:
        which: Weights that ship, or your own, by name, or a file.
    """
    info = sc.read_weights_info(which)
    size = info.path.stat().st_size
    input_constants = asdict(info.input_config)
    rows = {
        "network": info.network,
        "parameters": f"{info.parameters:,}",
        "size": f"{size / 1e6:.1f} MB",
        "taken by": ", ".join(commands_taking(info.network)) or "no command",
    }
    if input_constants:
        rows["input"] = _format_constants(input_constants)
    for name, value in asdict(info.card).items():
        is_scores = name == "scores"
        text = "\n".join(f"{label} {score}" for label, score in value) if is_scores else value
        rows[name] = text.replace("\n", f"\n{'':15}")
    lines = [str(info.path), *(f"  {name:<12} {value}".rstrip() for name, value in rows.items())]
    facts = {
        "file": info.path,
        "network": info.network,
        "input": input_constants,
        "parameters": info.parameters,
        "bytes": size,
        "taken_by": commands_taking(info.network),
        **asdict(info.card),
        "scores": dict(info.card.scores),
    }
    report("\n".join(lines), facts)


@weights.command(name="import")
def import_weights(
    checkpoint: Annotated[Path, Parameter(name="CHECKPOINT")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="OUT", group=OUTPUT_GROUP)],
    spacing: Annotated[int | None, Parameter(metavar="FRAMES")] = None,
    output: OverwriteOption = OverwriteOption(),
) -> None:
    """Turn a checkpoint of a published network into weights of spikecam.

    The network is recognised by its entries: those of SpikeReveal, and most that the field has
    published (see the manual).

    Args:
        checkpoint: A checkpoint of PyTorch: .pth, .pt, .pth.tar.
        out: The weights, a .safetensors.
        spacing: Frames between the two moments that SCFlow was trained for; by default as the name
            of the checkpoint says (dt10, dt20), else 10.
    """
    output.check_output_file(out, (SUFFIX,), "weights", [checkpoint])
    sc.import_weights(checkpoint, out, spacing=spacing)
    info = sc.read_weights_info(out)
    constants = asdict(info.input_config)
    parts = [info.network, f"{info.parameters:,} parameters", _format_constants(constants)]
    report(
        f"{out}: {', '.join(filter(None, parts))}",
        {
            "file": out,
            "network": info.network,
            "parameters": info.parameters,
            "input": constants,
        },
    )


def commands_taking(network: str) -> list[str]:
    """The commands and methods that take weights of this network, as text."""
    if network in second_stage_kinds():
        return [f"reconstruct --then {network}"]
    return [
        # An option that is called as a network takes its weights.
        f"{command} --{network}" if is_option else f"{command} --method {method.name}"
        for takes, command in COMMANDS.items()
        for method in all_methods(takes)
        if (is_option := network in method.option_names) or network in method.networks
    ]


def _format_constants(constants: dict[str, Any]) -> str:
    """Constants of the input of a network, as text; "" if it has none."""
    return ", ".join(f"{name} {value}" for name, value in constants.items())


def _format_weights_table(facts: list[dict[str, Any]]) -> str:
    """Format facts of weights as a table for the terminal."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "network", "parameters", "taken by"):
        right = heading == "parameters"
        table.add_column(Text(heading), no_wrap=True, justify="right" if right else "left")
    for one in facts:
        users = "\n".join(one["taken_by"])
        row = (one["name"], one["network"], short_count(one["parameters"]), users)
        table.add_row(*(Text(str(cell)) for cell in row))
    text = StringIO()
    Console(file=text, width=shutil.get_terminal_size().columns, color_system=None).print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join([*lines, "", "The card of each: spikecam weights show NAME"])


def short_count(count: int) -> str:
    """A number of parameters in millions or thousands."""
    return f"{count / 1e6:.2f} M" if count >= 999_500 else f"{count / 1e3:.0f} k"
