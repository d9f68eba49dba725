"""Adapt the network to your own camera, by captures without any truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spikecam.cli.recipe_command import make_recipe_command
from spikecam.errors import OutputError
from spikecam.io.paths import check_output_file
from spikecam.train.recipe import find_recipe
from spikecam.train.recipes.adaptation import run_folder_of_weights
from spikecam.weights.catalogue import SUFFIX


def check_weights_output(file: Path, captures: Sequence[Path], options: Any) -> None:
    """Refuse a path to which adapted weights cannot be written.

    It is also refused where the folder of its run would lie among captures.

    Raises:
        OutputError: it is one.
    """
    check_output_file(file, (SUFFIX,), "weights", inputs=[Path(options.weights), *captures])
    if file.is_dir():
        raise OutputError(f"{file} is a folder; name a file in it, such as {file / 'mine'}{SUFFIX}")
    run = run_folder_of_weights(file)
    if run.exists() and any(one.exists() and run.samefile(one) for one in captures):
        raise OutputError(
            f"{file}: the run would be kept in {run}, which holds captures; name another OUT"
        )


adapt = make_recipe_command(
    find_recipe("adaptation"),
    out_metavar="OUT",
    out_help=f"The new weights, {SUFFIX}.",
    check_output=check_weights_output,
)
