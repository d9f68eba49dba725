"""Commands of training recipes, from their declarations."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from spikecam.cli.declared import make_declared_command
from spikecam.cli.interrupt import notifying_of_interruption, raise_if_interrupted
from spikecam.cli.messages import report, say, verbosity
from spikecam.cli.options import OUTPUT_GROUP
from spikecam.errors import SpikecamError
from spikecam.extras import require_packages
from spikecam.option_help import plain_sentence
from spikecam.train.engine.job import RunReport, TrainingJob
from spikecam.train.recipe import Recipe

PACKAGES = ("lightning", "tensorboard", "cachetools", "pytorch_optimizer")
# Variables by which launchers of several processes number each of them.
RANKS = ("RANK", "NODE_RANK", "LOCAL_RANK", "SLURM_PROCID")


def make_recipe_command(
    recipe: Recipe,
    *,
    out_metavar: str = "RUN",
    out_help: str = "Folder of the run; one that was begun goes on.",
    check_output: Callable[[Path, Sequence[Path], Any], None] | None = None,
) -> Callable[..., None]:
    """Make the training command of a recipe from its declaration.

    Args:
        recipe: the declaration.
        out_metavar, out_help: of ``--out``.
        check_output: refuses outputs before any work, by output, sources and options.
    """
    sources = recipe.sources
    label = Parameter(name=sources.metavar, help=sources.help)
    several = sources.maximum is None
    hint: Any = list[Path] if several else Path
    where = Parameter(alias="-o", metavar=out_metavar, group=OUTPUT_GROUP, help=out_help)
    lines = [plain_sentence(recipe.summary), recipe.description]
    if recipe.resumes:
        lines.append("A run that was stopped goes on when the command is repeated.")

    def run(inputs: Any, out: Path, options: Any) -> None:
        paths = list(inputs or ()) if several else [inputs]
        if check_output is not None:
            check_output(out, paths, options)
        run_recipe(recipe, paths, out, options)

    return make_declared_command(
        run,
        recipe.options,
        description="\n\n".join(line for line in lines if line),
        sources=Annotated[(hint if sources.minimum else hint | None, label)],
        out=Annotated[Path, where],
        sources_required=bool(sources.minimum),
        out_required=True,
        without=recipe.fixed,
    )


def run_recipe(recipe: Recipe, sources: Sequence[Path], output_path: Path, options: Any) -> None:
    """Train by a recipe, and print its result.

    Ctrl-C prints how to resume.
    """
    require_packages(*PACKAGES, extra="train", purpose="training")
    first = is_first_process()
    bar = first and sys.stderr.isatty() and not verbosity().quiet
    command = shlex.join(["spikecam", *sys.argv[1:]])
    job = TrainingJob(
        sources, output_path, RunReport(say if first else None, bar, command, raise_if_interrupted)
    )
    resume = "repeat the command to go on from the last epoch"
    nothing = f"nothing is kept; {output_path} is made when all of it is there"
    try:
        with notifying_of_interruption(*([resume if recipe.resumes else nothing] if first else [])):
            result = recipe.run(job, options)
    except SpikecamError:
        # What is interrupted can fail in other ways on its way out.
        raise_if_interrupted()
        raise
    if first:
        report(result.text, {"file": result.path, "measures": result.measures})


def is_first_process() -> bool:
    """Whether this is the first of the processes that train together."""
    return all(os.environ.get(name, "0") == "0" for name in RANKS)
