"""The manual's page on measuring."""

import shutil

import pytest

import spikecam as sc

PAGE = "measuring"


@pytest.fixture(scope="module")
def scored(small_demo, tmp_path_factory):
    """What the manual's page on measuring names: a result, and what it should be."""
    folder = tmp_path_factory.mktemp("scored")
    for name in ("sharp", "truth"):
        shutil.copytree(small_demo / "sharp", folder / name)
    return folder


def test_commands_run(run_command, scored, monkeypatch, command):
    monkeypatch.chdir(scored)
    run_command(command)


def test_the_example_runs(run_example, capsys):
    run_example(PAGE)
    means, alone = capsys.readouterr().out.splitlines()
    assert means.startswith("{'psnr': ")
    assert f"{float(alone):.6f}"[:6] in means


def test_all_metrics_are_explained(text):
    for name in sc.METRICS:
        assert f"`{name}`" in text(PAGE)
