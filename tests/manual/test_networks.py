"""The manual's page on the networks."""

import re
import shutil

import pytest

import spikecam as sc
from spikecam.train.published_training import PUBLISHED_TRAININGS

PAGE = "networks"
# What takes hours is cut short: what else a command says of it is said before.
SHORT = {
    " --precision ": "--epochs 1 --steps 1 --batch 2 --workers 0 --device cpu --precision 32-true",
    " train refined ": "--crop 64",
    " train fusion ": "--epochs 1 --steps 1 --batch 2 --workers 0 --device cpu --scenes 1 "
    "--moments 2 --scene-frames 31 --size 72x64 --crop 64",
    " --crop 64 ": "--crop 16",
    " --pseudo ": "--pseudo 4",
    " -o base ": "--scenes 2 --size 72x64 --scene-frames 43",
    " synth photos ": "--sequences 4 --size 256x192 --val 0",
}
# Cards hold the commands as they were typed; these are the names of today.
RENAMED = {
    "train sr ": "train edsr ",
    " -o sr ": " -o edsr ",
    "--sr sr/sr.": "--edsr edsr/edsr.",
    "--maps-alone": "--no-sdm-change",
    "--no-trails": "--no-flow-warp",
    "--charts": "--chart-prob",
    "--sharp": "--focus-prob",
    "--dense": "--dense-prob",
    "--alone": "--single-source-prob",
    "--pixels": "--pixel-weight",
}


@pytest.fixture(scope="module")
def room(small_demo, tmp_path_factory):
    """What the manual's page on the networks names."""
    folder = tmp_path_factory.mktemp("room")
    demo = shutil.copytree(small_demo, folder / "demo")
    shutil.copytree(demo / "sharp", folder / "photos")
    (folder / "videos").mkdir()
    shutil.copy(demo / "sharp.mp4", folder / "videos")
    return folder


def test_commands_run(run_command, room, monkeypatch, command):
    monkeypatch.chdir(room)
    for part, words in SHORT.items():
        if part in command:
            command = with_options(command, words.split())
    run_command(command)


def with_options(command, words):
    """The command with these options, and without other values of the same ones."""
    for flag, value in zip(words[::2], words[1::2], strict=True):
        command = re.sub(rf" {flag} \S+", "", command) + f" {flag} {value}"
    return command


def test_it_says_how_what_ships_was_made(text):
    page = " ".join(text(PAGE).split())
    for name, path in sc.shipped_weights().items():
        recipe = sc.read_weights_info(path).card.recipe
        for old, new in RENAMED.items():
            recipe = recipe.replace(old, new)
        assert recipe in page, name
        assert f"`{name}`" in page


def test_the_table_of_published_trainings_is_what_is_declared(text):
    rows = {}
    for name, training in PUBLISHED_TRAININGS.items():
        run, milestones = training.run, training.milestones
        decay = "cosine" if milestones is None else f"{training.decay:g}"
        epochs = ", ".join(map(str, milestones or ()))
        numbers = (training.crop, run.batch, run.epochs, run.steps or "", rate(run.lr))
        rows[name] = tuple(map(str, (*numbers, decay, epochs)))
    table = text(PAGE).partition("| `--network` |")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in row.split("|")] for row in table.splitlines()[2:]]
    assert {cell[1].strip("`"): tuple(cell[2:9]) for cell in cells} == rows


def rate(value):
    """A learning rate as the manual writes it: 1e-4."""
    return f"{value:.0e}".replace("e-0", "e-")
