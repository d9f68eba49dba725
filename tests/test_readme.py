"""Every command and example of the README runs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import spikecam as sc

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.split("\n")
]
COMMANDS = [line for line in SHELL if line.startswith("spikecam ")]


def run_make(*words, cwd):
    """Make as from a shell of one's own, also where make runs these tests."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=cwd, env=plain, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def after_the_demo(tmp_path_factory):
    """A folder in which ``make demo`` has run, from a copy of what it needs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder)
    # In the environment of this run, whatever its age: it must not be installed into.
    made = f"{sys.prefix}/.installed"
    run_make("demo", f"VENV={sys.prefix}", "-o", made, cwd=folder)
    return folder


def test_the_two_commands_come_first():
    assert SHELL[:2] == ["make demo", "make test"]
    assert all(line.startswith("spikecam ") for line in SHELL[2:] if line)


def test_make_demo_leaves_its_pictures(after_the_demo):
    made = {path.name for path in (after_the_demo / "demo").iterdir()}
    assert made >= {"blur.png", "spikes.dat", "sharp", "sharp.mp4", "before-after.png"}


def test_make_test_runs_the_suite():
    """This very run is what ``make test`` starts; here, only that it would."""
    assert re.search(r"bin/pytest$", run_make("-n", "test", cwd=ROOT).strip())


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(spikecam, after_the_demo, monkeypatch, command):
    monkeypatch.chdir(after_the_demo)
    words = shlex.split(command)
    ended = spikecam(*words[1:])
    assert (ended.code, ended.err) == (0, "")
    if "-o" in words:
        assert Path(words[words.index("-o") + 1]).exists()


def test_the_python_example_runs(after_the_demo, monkeypatch):
    monkeypatch.chdir(after_the_demo)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(example, names)
    assert names["image"].shape == (180, 320)
    assert names["sharp"].shape == (7, 720, 1280, 3)
    assert sc.read_video("film.mp4").shape == (7, 720, 1280, 3)


def test_cameras_and_pictures_of_the_readme_exist():
    for name in sc.CAMERAS:
        assert f"`{name}`" in README
    for picture in re.findall(r"\]\(([^)]*\.(?:jpg|png|md))\)", README):
        assert (ROOT / picture).is_file(), picture
