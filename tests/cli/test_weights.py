"""``weights``; what importing gives is in tests/weights."""

import json
import subprocess
import sys

import pytest
import torch

import spikecam as sc
from spikecam.cli.weights import commands_taking
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig


@pytest.fixture
def card():
    scores = (("PSNR", "33.1 dB"), ("SSIM", "0.93"))
    return sc.Card(
        "tiny",
        "Denoises [bold]spikes[/].",
        "noise",
        "train bsn",
        "0a1b",
        "MIT",
        scores,
        "Night;\nday.",
    )


@pytest.fixture
def shipped(tmp_path, card, monkeypatch):
    folder = tmp_path / "shipped"
    sc.save_weights(folder / "tiny.safetensors", BSN(BSNConfig(width=2)), card)
    sc.save_weights(folder / "whole.safetensors", BSN(), card, half=True)
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", folder)
    return folder


def test_the_list_says_what_ships(spikecam, shipped):
    ended = spikecam("weights", "list")
    assert (ended.code, ended.err) == (0, "")
    heading, first, second, *_, last = ended.out.splitlines()
    assert heading.split() == ["name", "network", "parameters", "taken", "by"]
    assert first.split()[:4] == ["tiny", "bsn", "2", "k"]
    assert second.split()[:4] == ["whole", "bsn", "1.12", "M"]
    assert last == "The card of each: spikecam weights show NAME"


def test_the_list_fits_a_terminal_of_80_columns(spikecam):
    ended = spikecam("weights", "list")
    assert max(map(len, ended.out.splitlines())) < 80
    (row,) = (line for line in ended.out.splitlines() if line.startswith("defocus "))
    assert row.split()[1] == "refocuser"
    assert row.endswith("reconstruct --method defocus")


def test_the_list_and_a_card_are_json(spikecam, shipped):
    listed = json.loads(spikecam("weights", "list", "--json").out)["weights"]
    assert [one["name"] for one in listed] == ["tiny", "whole"]
    assert listed[0]["summary"] == "Denoises [bold]spikes[/]."
    shown = json.loads(spikecam("weights", "show", "tiny", "--json").out)
    assert shown["scores"] == {"PSNR": "33.1 dB", "SSIM": "0.93"}
    assert shown["parameters"] == listed[0]["parameters"]


def test_an_option_of_its_own_takes_the_autoencoder():
    assert commands_taking("autoencoder") == ["generate --autoencoder"]
    assert commands_taking("spikegen") == ["generate --method spikegen"]


def test_none_ship(spikecam, tmp_path, monkeypatch):
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", tmp_path / "none")
    assert "no weights ship" in spikecam("weights", "list").out
    ended = spikecam("weights", "show", "tiny")
    assert ended.code == 2
    assert ended.err == (
        "spikecam: no weights are called 'tiny'; give the path of a file, or one of (none)\n"
    )


def test_a_card_is_shown_whole(spikecam, shipped):
    path = shipped / "tiny.safetensors"
    ended = spikecam("weights", "show", "tiny")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == spikecam("weights", "show", path).out
    assert ended.out.splitlines() == [
        str(path),
        "  network      bsn",
        f"  parameters   {sc.read_weights_info(path).parameters:,}",
        "  size         0.0 MB",
        "  taken by     deblur --method teacher",
        "  input        window 9",
        "  name         tiny",
        "  summary      Denoises [bold]spikes[/].",
        "  data         noise",
        "  recipe       train bsn",
        "  commit       0a1b",
        "  licence      MIT",
        "  scores       PSNR 33.1 dB",
        "               SSIM 0.93",
        "  limits       Night;",
        "               day.",
    ]


@pytest.mark.parametrize("words", ["list", "show tiny"])
def test_cards_are_read_without_torch(shipped, words):
    code = (
        "import sys; from pathlib import Path; from spikecam.weights import catalogue\n"
        f"catalogue._SHIPPED = Path({str(shipped)!r})\n"
        f"sys.argv = ['spikecam', 'weights', *{words.split()!r}]\n"
        "from spikecam.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tiny" in run.stdout
    assert "torch" not in {name.split(".")[0] for name in run.stdout.split()}


CASES = {
    "show none.safetensors": "none.safetensors does not exist",
    "show text.pth": "text.pth is damaged, or no .safetensors file at all",
    "show theirs.pth": "spikecam weights import",
    "import none.pth -o out.safetensors": "none.pth does not exist",
    "import text.pth -o out.safetensors": "text.pth is damaged, or no checkpoint",
    "import theirs.pth -o out.safetensors": "theirs.pth: these weights are of no network",
    "import theirs.pth -o out.pth": "out.pth: weights are written as .safetensors",
    "import theirs.safetensors -o theirs.safetensors": "theirs.safetensors is an input",
}


@pytest.mark.parametrize("command", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(spikecam, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pth").write_text("no checkpoint")
    for name in ("theirs.pth", "theirs.safetensors"):
        torch.save({"a.weight": torch.zeros(1)}, name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ended = spikecam("weights", *command.split())
    assert ended.code == 2
    assert CASES[command] in ended.err
    assert ended.err.startswith("spikecam: ")
    assert ended.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
