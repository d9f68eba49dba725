"""The manual's page on the camera."""

import shutil

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.calibration.uniform_fields import simulate_uniform_field

PAGE = "camera"


@pytest.fixture(scope="module")
def rig(small_demo, after_the_demo, tmp_path_factory):
    """What the manual's page on the camera names: recordings of a camera, and a second one."""
    folder = tmp_path_factory.mktemp("rig")
    shutil.copytree(small_demo, folder / "demo")
    fpn = sc.FixedPattern.random((250, 400), seed=0)
    for name, light in (("dark", 0), ("middle", 153), ("bright", 335)):
        sc.save(folder / f"{name}.dat", simulate_uniform_field(fpn, light, 400, seed=light))
    for name, level in (("black", 0), ("gray", 90), ("white", 230)):
        sc.save(folder / f"{name}.png", np.full((40, 48), level, np.uint8))
    picture = sc.read_picture(after_the_demo / "demo" / "sharp" / "068.png")
    board = np.pad(np.kron(np.indices((7, 10)).sum(axis=0) % 2, np.ones((60, 60))), 100)
    boards = np.pad(board, ((0, 0), (50, 50)))[..., None] * np.ones(3)
    for scene, rgb, spikes in ((picture, "rgb", "car"), (boards, "board", "board")):
        shown = Image.fromarray(np.uint8(scene * 255))
        seen = np.asarray(shown.resize((400, 250), Image.Resampling.BOX)) / 255
        stream = sc.simulate([seen] * 137, "gen2", fpn=fpn, exposure=(20, 117))
        sc.save(folder / f"{spikes}.dat", stream)
        sc.save(folder / f"{rgb}.png", np.asarray(shown.resize((1200, 750))))
    shutil.copy(folder / "rgb.png", folder / "blur.png")
    sc.save(folder / "mirrored.png", sc.read_picture(folder / "rgb.png", mirror=True))
    return folder


def test_commands_run(run_command, rig, monkeypatch, command):
    monkeypatch.chdir(rig)
    run_command(command)


def test_the_example_runs(run_example, rig, monkeypatch):
    monkeypatch.chdir(rig)
    names = run_example(PAGE)
    assert names["sharp"].shape == (7, 256, 448, 3)
