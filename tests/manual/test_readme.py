"""The README: every command and the example of it runs."""

import re
from pathlib import Path

import spikecam as sc

ROOT = Path(__file__).parents[2]
PAGE = "readme"


def test_the_two_commands_come_first(lines):
    first, second, *others = lines(PAGE)
    assert [first, second] == ["make demo", "make test"]
    assert all(line.startswith("spikecam ") for line in others)


def test_make_test_runs_the_suite(make):
    """This very run is what ``make test`` starts; here, only that it would."""
    started = make("-n", "test", cwd=ROOT).strip()
    wanted = r"^OMP_NUM_THREADS=1 \S+bin/pytest -n 2 --dist loadfile --no-loadscope-reorder$"
    assert re.search(wanted, started)


def test_commands_run(run_command, after_the_demo, monkeypatch, command):
    monkeypatch.chdir(after_the_demo)
    run_command(command)


def test_the_python_example_runs(run_example, after_the_demo, monkeypatch):
    monkeypatch.chdir(after_the_demo)
    names = run_example(PAGE)
    assert names["image"].shape == (180, 320)
    assert names["sharp"].shape == (7, 720, 1280, 3)
    assert sc.read_video("seven.mp4").shape == (7, 720, 1280, 3)


def test_its_pictures_and_pages_exist(text):
    for picture in re.findall(r"\]\(([^)]*\.(?:jpg|png|md))\)", text(PAGE)):
        assert (ROOT / picture).is_file(), picture
