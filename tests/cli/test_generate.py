import json

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture
def words(tmp_path, steady, spikegen, monkeypatch):
    """A command that makes the mean of spikes alone in a dark place."""
    monkeypatch.chdir(tmp_path)
    rates = np.linspace(0.005, 0.05, 30 * 40).reshape(30, 40)
    sc.save("dark.dat", steady(rates, 60))
    weights, autoencoder = spikegen
    return (
        *("generate", "dark.dat", "--steps", 1),
        *("--weights", weights, "--autoencoder", autoencoder),
    )


def test_dark_places_are_told_and_can_be_stretched(spikecam, words):
    ended = spikecam(*words, "-o", "dark.png")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("on average: a stretch of 1:99 shows more\n")
    ended = spikecam(*words, "-o", "bright.png", "--stretch", "1:99", "--json")
    assert json.loads(ended.out)["file"] == "bright.png"
    assert sc.read_picture("bright.png").max() == 1
    assert sc.read_picture("dark.png").max() < 0.9
    ended = spikecam(*words, "-o", "gamma.png", "--gamma", "2.2")
    assert ended.code == 0
    assert sc.read_picture("gamma.png").mean() > sc.read_picture("dark.png").mean()


@pytest.mark.parametrize(("name", "content"), [("dark.dat", "recording"), ("a.png", "picture")])
def test_options_of_a_pair_are_refused_with_one_input(spikecam, words, name, content):
    sc.save("a.png", np.full((32, 32), 0.5))
    for option in ("--encoding srgb", "--readout 30", "--no-check-match"):
        ended = spikecam("generate", name, "-o", "out.png", *option.split())
        assert ended.code == 2
        flag = option.split()[0]
        assert ended.err == (
            f"spikecam: {flag} is of a picture beside spikes, and there is a {content} alone; "
            "leave it out\n"
        )


def test_outputs_have_names_of_their_own(spikecam, words):
    ended = spikecam(*words, "-o", "a.png", "--each", "a.png")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "is named for several outputs" in ended.err
