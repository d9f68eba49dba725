"""Declaration of a training recipe: its options, the data it takes, and the function that runs it.

Each recipe is declared once, in a file of its own in `spikecam.train.recipes`, as a `Recipe` called
``RECIPE``. The command line reads the declarations and nothing else: listing them, and checking
options, loads neither torch nor Lightning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from spikecam.errors import OptionError
from spikecam.train.engine.job import TrainingJob, TrainingResult

_PACKAGE = "spikecam.train.recipes"


@dataclass(frozen=True)
class SourceArguments:
    """Positional arguments of a recipe's command: the data that it is given.

    Attributes:
        metavar: what one of them is called in the help.
        help: one line for the help.
        minimum: how many are needed, 0 or 1.
        maximum: how many are taken; None for any number.
    """

    metavar: str
    help: str
    minimum: int = 1
    maximum: int | None = None


@dataclass(frozen=True)
class Recipe:
    """Declaration of a training recipe.

    Attributes:
        name: by which it is chosen; that of its file, with hyphens.
        summary: one line for lists, without a full stop.
        options: a frozen dataclass that needs no arguments. Its fields are settings, or groups of
            settings: dataclasses themselves. Help stands in the ``Attributes:`` sections of their
            docstrings; values that cannot be are refused in ``__post_init__``. No two settings of a
            recipe have the same name.
        run: trains; it is where torch and Lightning are imported.
        sources: the data that it takes.
        description: more for the help, after the summary.
        fixed: settings of groups that the recipe decides itself; no flags.
        resumes: whether a run that was stopped goes on when it is repeated.
        command: words of the command that runs it; by default ``train NAME``.
    """

    name: str
    summary: str
    options: type[Any]
    run: Callable[[TrainingJob, Any], TrainingResult]
    sources: SourceArguments
    description: str = ""
    fixed: tuple[str, ...] = ()
    resumes: bool = True
    command: str = ""

    def __post_init__(self) -> None:
        if not self.command:
            object.__setattr__(self, "command", f"train {self.name}")


@cache
def all_recipes() -> Mapping[str, Recipe]:
    """All recipes by their names, sorted."""
    package = import_module(_PACKAGE)
    modules = (import_module(f"{_PACKAGE}.{m.name}") for m in iter_modules(package.__path__))
    declared = [module.RECIPE for module in modules]
    return {recipe.name: recipe for recipe in sorted(declared, key=lambda one: one.name)}


def find_recipe(name: str) -> Recipe:
    """Find the recipe of this name.

    Raises:
        OptionError: there is none.
    """
    if name not in all_recipes():
        raise OptionError(f"no recipe {name!r}; known recipes: {', '.join(all_recipes())}")
    return all_recipes()[name]
