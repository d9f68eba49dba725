import json

import numpy as np
import pytest

import spikecam as sc

TRUTH = np.random.default_rng(0).random((3, 12, 16, 3)).astype(np.float32)


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sc.save("result", np.clip(TRUTH + 0.1, 0, 1), frame_indices=[20, 36, 52])
    sc.save("truth", TRUTH, frame_indices=[20, 36, 52])
    return tmp_path


def test_means_and_their_spread_are_printed(made, spikecam):
    said = spikecam("score", "result", "truth", "--metric", "psnr").out
    assert said.startswith("result beside truth: 3 frames\n  PSNR")
    assert f"{sc.score('result', 'truth', ['psnr'])['psnr']:.2f}" in said


def test_every_frame_goes_to_a_table_and_curves(made, spikecam):
    spikecam("score", "result", "truth", "-o", "scores.csv", "--curves", "curves.png")
    lines = (made / "scores.csv").read_text().splitlines()
    assert lines[0] == "frame,psnr,ssim"
    assert [line.split(",")[0] for line in lines[1:]] == ["20", "36", "52", "mean"]
    assert sc.read_picture("curves.png").ndim == 3


def test_json_is_printed(made, spikecam):
    said = json.loads(spikecam("score", "result/020.png", "truth/020.png", "--json").out)
    assert said["frames"] == 1
    assert set(said["mean"]) == {"psnr", "ssim"}


def test_inputs_are_not_replaced(made, spikecam):
    said = spikecam("score", "result/020.png", "truth/020.png", "--curves", "truth/020.png")
    assert said.code == 2
    assert "is an input" in said.err


def test_light_is_scored_by_an_encoding(made, spikecam):
    said = spikecam("score", "result", "truth", "--metric", "psnr", "--encoding", "srgb").out
    assert f"{sc.score('result', 'truth', ['psnr'], encoding='srgb')['psnr']:.2f}" in said


def test_a_recording_is_reconstructed_before_it_is_scored(spikecam, recording):
    for words in ((recording,), (recording, recording)):
        ended = spikecam("score", *words)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert (
            "spikes.dat is a recording; make pictures of it with spikecam reconstruct" in ended.err
        )
