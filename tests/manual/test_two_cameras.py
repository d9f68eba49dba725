"""The manual's page on a rig of two cameras."""

import shutil

import pytest

import spikecam as sc

PAGE = "two-cameras"


@pytest.fixture(scope="module")
def rig(small_demo, tmp_path_factory):
    """A folder in which the commands of the page follow each other."""
    folder = tmp_path_factory.mktemp("two-cameras")
    shutil.copytree(small_demo, folder / "demo")
    return folder


def test_commands_run(run_command, rig, lines, monkeypatch):
    monkeypatch.chdir(rig)
    for command in lines(PAGE):
        run_command(command)
    assert sc.read_picture("sharp.png").shape == sc.read_picture("rig.png").shape
    assert sc.parse_encoding("tone.json").decode(0.5) == pytest.approx(0.21, abs=0.05)
