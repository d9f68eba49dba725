"""Every command and example of the README and the manual runs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.camera.uniform import uniform_field

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CAMERA = (ROOT / "docs" / "camera.md").read_text(encoding="utf-8")
NETWORKS = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
MEASURING = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
# Pages whose commands run one after another beside what the demo left.
SIMPLE = {
    name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in (
        "install",
        "first",
        "look",
        "deblur",
        "generate",
        "defocus",
        "formats",
        "app",
        "live",
        "index",
        "api",
    )
}
# Of these the example in Python makes what the commands take.
MADE = {"defocus"}
# What takes hours is cut short: what else a command says of it is said before.
SHORT = {
    " --precision ": "--epochs 1 --steps 1 --batch 2 --workers 0 --accelerator cpu",
    " --pseudo ": "--pseudo 4",
    " synth photos ": "--sequences 4 --size 256x192 --val 0",
}


def lines(page):
    """Lines of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.split("\n") if line]


SHELL = lines(README)
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
    assert re.search(r"bin/pytest -n 2 --dist loadfile$", run_make("-n", "test", cwd=ROOT).strip())


def run_example(page):
    """The names that the page's Python example leaves."""
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict = {}
    exec(example, names)
    return names


# Of the commands on the demo's files; the first is what ``make demo`` does.
RAN = {"spikecam demo -o demo"}


def run_command(spikecam, command):
    words = shlex.split(command)
    ended = spikecam(*words[1:])
    assert (ended.code, ended.err) == (0, "")
    if "-o" in words:
        assert Path(words[words.index("-o") + 1]).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(spikecam, after_the_demo, monkeypatch, command):
    monkeypatch.chdir(after_the_demo)
    run_command(spikecam, command)
    RAN.add(command)


def test_the_python_example_runs(after_the_demo, monkeypatch):
    monkeypatch.chdir(after_the_demo)
    names = run_example(README)
    assert names["image"].shape == (180, 320)
    assert names["sharp"].shape == (7, 720, 1280, 3)
    assert sc.read_video("film.mp4").shape == (7, 720, 1280, 3)


@pytest.fixture(scope="module")
def rig(after_the_demo, tmp_path_factory):
    """What the manual's page on the camera names: recordings of a camera, and a second one."""
    folder = tmp_path_factory.mktemp("rig")
    shutil.copytree(after_the_demo / "demo", folder / "demo")
    fpn = sc.FixedPattern.draw((250, 400), seed=0)
    for name, light in (("dark", 0), ("middle", 153), ("bright", 335)):
        sc.save(folder / f"{name}.dat", uniform_field(fpn, light, 400, seed=light))
    picture = sc.read_picture(after_the_demo / "demo" / "sharp" / "068.png")
    board = np.pad(np.kron(np.indices((7, 10)).sum(axis=0) % 2, np.ones((60, 60))), 100)
    boards = np.pad(board, ((0, 0), (50, 50)))[..., None] * np.ones(3)
    for scene, rgb, spikes in ((picture, "rgb", "car"), (boards, "board", "board")):
        shown = Image.fromarray(np.uint8(scene * 255))
        seen = np.asarray(shown.resize((400, 250), Image.Resampling.BOX)) / 255
        stream = sc.simulate([seen] * 137, "gen2", fpn=fpn, exposure=(20, 117))
        sc.save(folder / f"{spikes}.dat", stream)
        sc.save(folder / f"{rgb}.png", np.asarray(shown.resize((1600, 1000))))
    shutil.copy(folder / "rgb.png", folder / "blur.png")
    return folder


@pytest.mark.parametrize("command", lines(CAMERA))
def test_commands_of_the_camera_page_run(spikecam, rig, monkeypatch, command):
    monkeypatch.chdir(rig)
    run_command(spikecam, command)


def test_the_example_of_the_camera_page_runs(rig, monkeypatch):
    monkeypatch.chdir(rig)
    names = run_example(CAMERA)
    assert names["sharp"].shape == (7, 256, 448, 3)


@pytest.fixture(scope="module")
def room(after_the_demo, tmp_path_factory):
    """What the manual's page on the networks names."""
    folder = tmp_path_factory.mktemp("room")
    demo = shutil.copytree(after_the_demo / "demo", folder / "demo")
    shutil.copytree(demo / "sharp", folder / "photos")
    (folder / "videos").mkdir()
    shutil.copy(demo / "sharp.mp4", folder / "videos")
    return folder


@pytest.mark.parametrize("command", lines(NETWORKS))
def test_commands_of_the_networks_page_run(spikecam, room, monkeypatch, command):
    """One after another: later ones take what earlier ones made."""
    monkeypatch.chdir(room)
    short = (words for part, words in SHORT.items() if part in command)
    run_command(spikecam, " ".join([command, *short]))


def test_the_networks_page_says_how_what_ships_was_made():
    for name, path in sc.shipped_weights().items():
        _, card, _ = sc.read_card(path)
        assert card.recipe in " ".join(NETWORKS.split()), name
        assert f"`{name}`" in NETWORKS


@pytest.fixture(scope="module")
def scored(after_the_demo, tmp_path_factory):
    """What the manual's page on measuring names: a result, and what it should be."""
    folder = tmp_path_factory.mktemp("scored")
    for name in ("sharp", "truth"):
        shutil.copytree(after_the_demo / "demo" / "sharp", folder / name)
    return folder


@pytest.mark.parametrize("command", lines(MEASURING))
def test_commands_of_the_measuring_page_run(spikecam, scored, monkeypatch, command):
    monkeypatch.chdir(scored)
    run_command(spikecam, command)


def test_the_example_of_the_measuring_page_runs(capsys):
    run_example(MEASURING)
    means, alone = capsys.readouterr().out.splitlines()
    assert means.startswith("{'psnr': ")
    assert f"{float(alone):.6f}"[:6] in means


def test_all_metrics_are_explained():
    for name in sc.METRICS:
        assert f"`{name}`" in MEASURING


@pytest.mark.parametrize("name", [name for name in SIMPLE if lines(SIMPLE[name])])
def test_commands_of_the_other_pages_run(spikecam, after_the_demo, tmp_path, monkeypatch, name):
    shutil.copytree(after_the_demo / "demo", tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    if name in MADE:
        run_example(SIMPLE[name])
    for command in lines(SIMPLE[name]):
        if command not in RAN:
            run_command(spikecam, command)


def test_the_example_of_the_first_minutes_runs(after_the_demo, tmp_path, monkeypatch):
    shutil.copytree(after_the_demo / "demo", tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    run_example(SIMPLE["first"])
    assert sc.count_frames("film.gif") == 7


def test_what_is_shown_and_not_run_is_known_to_the_command(spikecam):
    """Commands that serve a page do not end by themselves; their options exist."""
    for page in SIMPLE.values():
        for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL):
            for command in re.findall(r"spikecam (\w+)(.*)", block):
                told = spikecam(command[0], "--help").out
                for option in re.findall(r"--[a-z-]+", command[1]):
                    assert option in told, command


def test_every_public_name_is_in_the_manual():
    for name in sc.__all__:
        assert re.search(rf"^::: spikecam\.[\w.]+\.{name}$", SIMPLE["api"], re.MULTILINE), name


def test_every_extra_is_explained():
    extras = metadata.metadata("spikecam").get_all("Provides-Extra")
    assert len(extras) > 5
    for extra in set(extras) - {"dev"}:
        assert f"| `{extra}` |" in SIMPLE["install"], extra


@pytest.mark.parametrize("page", [CAMERA, NETWORKS, *SIMPLE.values()])
def test_pictures_of_the_manual_exist_and_are_made_by_a_tool(page):
    tools = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "tools").glob("make*.py"))
    for picture in re.findall(r"\]\(([^)]*\.(?:jpg|png))\)", page):
        assert (ROOT / "docs" / picture).is_file(), picture
        assert f'"{Path(picture).name}"' in tools


def test_the_manual_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="the manual's tools need Python 3.11")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", tmp_path / "site"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(build, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert (built.returncode, built.stderr) == (0, "")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        # One may go elsewhere by a link; nothing is fetched from there.
        assert (
            re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="https?:[^"]*"', text) == []
        )


def test_cameras_and_pictures_of_the_readme_exist():
    for name in sc.CAMERAS:
        assert f"`{name}`" in SIMPLE["formats"]
    for picture in re.findall(r"\]\(([^)]*\.(?:jpg|png|md))\)", README):
        assert (ROOT / picture).is_file(), picture
