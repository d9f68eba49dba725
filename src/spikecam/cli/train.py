"""Train the networks: those of S-SDM and of SpikeGen, others for spikes alone, and our own."""

from __future__ import annotations

from cyclopts import App

from spikecam.cli.recipe_command import make_recipe_command
from spikecam.train.recipe import all_recipes

train = App(name="train", help=__doc__)

for _recipe in all_recipes().values():
    if _recipe.command.startswith("train "):
        train.command(make_recipe_command(_recipe), name=_recipe.name)
