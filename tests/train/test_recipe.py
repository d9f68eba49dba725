"""The declarations of the recipes."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

import spikecam as sc
from spikecam.option_help import attribute_helps
from spikecam.train.recipe import all_recipes, find_recipe

NAMES = {
    *("adaptation", "autoencoder", "bsn", "defocus", "edsr", "fusion"),
    *("latents", "ldn", "reconstruction", "refined", "spikegen", "spikegen-tuned"),
}


def settings(options):
    """Names of the settings of options and of their groups."""
    for one in fields(options):
        value = getattr(options, one.name)
        if is_dataclass(value):
            yield from settings(value)
        else:
            yield one.name


def test_each_file_declares_its_recipe():
    assert all_recipes().keys() == NAMES
    for name, recipe in all_recipes().items():
        assert find_recipe(name) is recipe
        module = recipe.options.__module__
        assert module == f"spikecam.train.recipes.{name.replace('-', '_')}"
    with pytest.raises(sc.OptionError, match="known recipes: adaptation, autoencoder"):
        find_recipe("sharp")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_settings_have_names_of_their_own_and_help(name):
    recipe = find_recipe(name)
    options = recipe.options()
    flags = [one for one in settings(options) if one not in recipe.fixed]
    assert len(flags) == len(set(flags))
    assert set(recipe.fixed) <= set(settings(options))
    with pytest.raises(FrozenInstanceError):
        options.run = None
    groups = [v for one in fields(options) if is_dataclass(v := getattr(options, one.name))]
    for group in (options, *groups):
        for one in fields(group):
            assert one.name in attribute_helps(type(group)), f"{type(group).__name__}.{one.name}"


def test_declarations_load_nothing_heavy():
    code = (
        "from spikecam.train.recipe import all_recipes\n"
        "import sys\n"
        "for recipe in all_recipes().values(): recipe.options()\n"
        "assert not {'torch', 'lightning', 'numpy', 'cv2'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("bsn", {"crop": 10}, "multiple of 8"),
        ("bsn", {"window": 8}, "odd number of frames"),
        ("edsr", {"crop": 0}, "multiple of 8"),
        ("ldn", {"moments": 0}, "1 or more moments"),
        ("refined", {"pseudo": 1}, "at least 2"),
        ("refined", {"pseudo": -1}, "at least 2"),
        ("defocus", {"size": "huge"}, "a size is one of base, small"),
        ("reconstruction", {"network": "tfp"}, "known are base, bsf, spikeclip"),
        ("reconstruction", {"crop": 12}, "multiple of 8 and at least 16"),
        ("reconstruction", {"crop": 8}, "multiple of 8 and at least 16"),
        ("reconstruction", {"network": "stir", "crop": 40}, "crop of stir is a multiple of 16"),
        ("autoencoder", {"crop": 60}, "multiple of 8 and at least 64"),
        ("latents", {"crops_per_picture": 0}, "at least 1"),
        ("latents", {"device": "tpu"}, "a device is auto, cpu"),
        ("latents", {"seed": -1}, "from 0 to 2"),
        ("spikegen", {"size": "huge"}, "a size is one of base, small, tiny"),
        ("spikegen", {"noise_draws": 0}, "at least 1"),
        ("spikegen-tuned", {"size": "huge"}, "a size is one of base, small, tiny"),
        ("adaptation", {"patience": 0}, "patience is at least 1 epoch, not 0"),
        ("adaptation", {"scenes": 1}, "at least 2"),
    ],
)
def test_options_that_cannot_be_are_refused(name, values, message):
    with pytest.raises(sc.OptionError, match=message):
        find_recipe(name).options(**values)
