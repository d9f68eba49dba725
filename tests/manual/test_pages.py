"""The manual's simple pages, whose commands run beside what the demo left; and all of it, built."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest

import spikecam as sc
from spikecam.cli.config import ConfigPrinted
from spikecam.cli.main import COMMANDS, build_app

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
WITH_COMMANDS = (
    "batch",
    "deblur",
    "defocus",
    "first",
    "formats",
    "generate",
    "install",
    "look",
    "tutorial",
    "views",
)
# Pages whose commands have a file of tests of their own.
TESTED_ELSEWHERE = {"camera", "measuring", "networks", "remote", "two-cameras"}
# Pages whose Python example makes the input of their commands.
EXAMPLE_FIRST = {"defocus"}


def test_every_page_with_commands_is_run(lines):
    assert {name for name in PAGES if lines(name)} == TESTED_ELSEWHERE | set(WITH_COMMANDS)


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_commands_run(run_command, run_example, lines, small_demo, tmp_path, monkeypatch, name):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    if name in EXAMPLE_FIRST:
        run_example(name)
    # The README's run in its own tests; the demo has run.
    ran = {"spikecam demo -o demo", *lines("readme")}
    for command in lines(name):
        if command not in ran:
            run_command(command)


def test_the_example_of_the_first_minutes_runs(run_example, small_demo, tmp_path, monkeypatch):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    run_example("first")
    assert sc.count_frames("sharp.gif") == 7


def test_the_lines_of_the_first_page_run(run_example, small_demo, tmp_path, monkeypatch):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    run_example("index")
    assert sc.count_frames("sharp.mp4") == 7


def test_the_example_of_the_tutorial_makes_a_figure_of_what_it_scores(
    run_example, small_demo, tmp_path, monkeypatch
):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    names = run_example("tutorial")
    truth = names["truth"][68]
    assert sc.read_picture("figure.png").shape == (128, 3 * 192, 3)
    assert sc.score(names["sharp"], truth)["psnr"] > sc.score(names["blur"], truth)["psnr"] + 3


def test_the_example_of_the_batch_page_runs(run_example, small_demo, tmp_path, monkeypatch):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    results = run_example("batch")["results"]
    assert [one.state for one in results] == ["done"] * 3


def test_the_examples_of_the_live_page_run(run_example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run_example("live")
    assert names["picture"].shape == (250, 400)
    assert (names["picture"] == 1).all()
    assert len(names["recorded"]) == 60
    assert names["recorded"].rate == 40_000


def test_every_public_name_is_in_the_manual(text):
    for name in sc.__all__:
        assert re.search(rf"^::: spikecam\.[\w.]+\.{name}$", text("api"), re.MULTILINE), name


def test_every_extra_is_explained(text):
    extras = metadata.metadata("spikecam").get_all("Provides-Extra")
    assert len(extras) > 5
    for extra in set(extras) - {"dev"}:
        assert f"| `{extra}` |" in text("install"), extra


@pytest.mark.parametrize("page", PAGES)
def test_pictures_exist_and_are_made_by_a_tool(text, page):
    tools = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "tools").glob("make*.py"))
    # Those below lines of Python are what the lines make: tests/tools compares them.
    by_lines = re.findall(r"```\n\n!\[[^]]*\]\(pictures/([\w.-]+)\)", text("gallery"))
    assert len(by_lines) > 12
    for picture in re.findall(r"\]\(([^)]*\.(?:jpg|png))\)", text(page)):
        name = Path(picture).name
        assert (ROOT / "docs" / picture).is_file(), picture
        assert name in by_lines or f'"{name}"' in tools


def test_notebooks_are_stored_without_outputs():
    """They are run, and so tested, where the manual is built."""
    assert len(NOTEBOOKS) == 3
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert len(code) > 2
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


def test_the_example_of_the_page_on_notebooks_runs(run_example, small_demo, tmp_path, monkeypatch):
    shutil.copytree(small_demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    names = run_example("jupyter")
    assert len(names["film"].jpegs) == 30
    assert Path("film.html").read_text().count("<script>") == 1
    assert names["lazy"].shape == names["tensor"].shape == names["spikes"].shape


def built_manual(folder):
    """The manual's pages: those of `make docs`, where nothing has changed since, or new ones."""
    index = ROOT / "build" / "manual" / "index.html"
    sources = [ROOT / "mkdocs.yml", ROOT / "README.md", ROOT / "CHANGELOG.md"]
    sources += [path for name in ("docs", "src", "tools") for path in (ROOT / name).rglob("*.*")]
    changed = max(path.stat().st_mtime for path in sources if "__pycache__" not in path.parts)
    if index.exists() and index.stat().st_mtime > changed:
        return index.parent
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", folder]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(build, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_the_manual_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="the manual's tools need Python 3.11")
    site = built_manual(tmp_path / "site")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 10
    for name in COMMANDS:
        assert f"spikecam {name}" in (site / "commands" / f"{name}.html").read_text()
    for path in NOTEBOOKS:
        # What their cells show, with scripts as they are.
        text = (site / "notebooks" / f"{path.stem}.html").read_text()
        assert 'src="data:image/png;base64,' in text
        assert "<table><tr><th>recording</th>" in text
        assert "data-output" not in text
        assert (site / "notebooks" / path.name).is_file()
    assert "const pictures = [" in (site / "notebooks" / "look.html").read_text()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        # One may go elsewhere by a link; nothing is fetched from there.
        assert (
            re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="https?:[^"]*"', text) == []
        )


def test_cameras_are_explained(text):
    for name in sc.CAMERAS:
        assert f"`{name}`" in text("formats")


@pytest.mark.parametrize("page", ["readme", *PAGES])
def test_every_command_is_understood(text, page, tmp_path, monkeypatch):
    """Those that take hours or serve a page, too: their options exist and have fitting values."""
    monkeypatch.chdir(tmp_path)
    for name in ("fpn", "simulated"):
        sc.FixedPattern.random((4, 4), seed=0).save(f"{name}.npz")
    (tmp_path / "ldn.toml").write_text("epochs = 50")
    for block in re.findall(r"```(?:sh|text)\n(.*?)```", text(page), re.DOTALL):
        for line in block.split("\n"):
            command = re.sub(r"^.*\| (?=spikecam)", "", line).split(" > ")[0]
            name, *words = shlex.split(command, comments=True) or [""]
            if name == "spikecam":
                with suppress(ConfigPrinted):
                    build_app(words).parse_args(words, print_error=False, exit_on_error=False)
