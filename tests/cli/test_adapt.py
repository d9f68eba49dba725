"""``spikecam adapt``."""

import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.refiner import Refiner

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = "--epochs 2 --steps 8 --batch 4 --scenes 4 --lr 2e-2 --workers 0 --device cpu"


@pytest.fixture
def folder(tmp_path, monkeypatch, captures):
    """Captures, and weights that see everything too bright."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "captures").symlink_to(captures)
    torch.manual_seed(0)
    size = {"picture_blocks": 1, "deep_blocks": 1, "blocks": 2}
    start = Refiner(RefinerConfig(width=8, deep_width=8, flow_warp=False, **size))
    start.requires_grad_(False).predict.bias += 1
    card = sc.Card("bright", "for tests", "none", "none", "none", "MIT", (), "everything")
    sc.save_weights("bright.safetensors", start, card)
    return tmp_path


def test_weights_are_adapted_to_a_camera(folder, spikecam):
    words = f"adapt captures -o mine.safetensors --weights bright.safetensors {QUICK}"
    ended = spikecam(*words.split())
    assert (ended.code, ended.err) == (0, "")
    assert "the camera: V_th 2" in ended.out
    assert ended.out.splitlines()[-1].endswith("pictures in mine/pictures")
    card = sc.read_weights_info("mine.safetensors").card
    assert card.recipe == f"spikecam {words}"
    assert (folder / "mine" / "pictures" / "adapted_0.png").exists()


CASES = {
    "adapt none": "none holds no data set",
    "adapt captures --scenes 1": "at least 2",
    "adapt captures --weights none.safetensors": "none.safetensors does not exist",
    "adapt captures --epochs 0": "epochs is at least 1",
}


@pytest.mark.parametrize("command", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(folder, refused, command):
    refused(folder, CASES[command], command, "out.safetensors")


def test_what_is_there_stays(folder, refused, captures):
    words = "adapt captures --weights bright.safetensors"
    refused(folder, "bright.safetensors is an input", words, "bright.safetensors")
    refused(folder, "written as .safetensors", words, "out.pth")
    refused(
        folder, "captures, which holds captures; name another OUT", words, "captures.safetensors"
    )
