import json

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample


@pytest.fixture
def run(spikecam, recording, tmp_path):
    def run(out, *args):
        ended = spikecam("reconstruct", recording, "-o", tmp_path / out, "--size", "9x6", *args)
        assert ended.code == 0, ended.err
        return tmp_path / out

    return run


def test_a_picture_is_the_middle_frame(run, recording):
    stream = sc.open(recording, shape=(6, 9))
    picture = sc.read_picture(run("a.png", "--window", "9"))
    assert np.array_equal(picture, np.rint(sc.reconstruct(stream, 30, window=9) * 255) / 255)


def test_frames_go_into_a_folder_by_number(run):
    folder = run("out", "--method", "tfi", "--frames", "5:20:5")
    assert sorted(p.name for p in folder.iterdir()) == ["005.png", "010.png", "015.png"]


def test_a_video_is_every_frame(run):
    assert sc.read_video(run("a.gif", "--window", "9")).shape == (52, 6, 9, 3)
    assert sc.read_video(run("b.gif", "--method", "tfstp", "--frames", ":10")).shape[0] == 10


def test_what_is_out_of_focus_takes_weights(run, spikecam, recording, tmp_path, refocuser):
    words = ("--method", "defocus", "--window", "25", "--at", "30")
    picture = sc.read_picture(run("a.png", *words, "--weights", str(refocuser), "--bits", "16"))
    stream = sc.open(recording, shape=(6, 9))
    made = sc.reconstruct(stream, 30, "defocus", window=25, weights=refocuser)
    assert np.allclose(picture, made, atol=1e-4)
    for option, value in (("--weights", refocuser), ("--tile", 64), ("--device", "cpu")):
        ended = spikecam(
            *("reconstruct", recording, "-o", tmp_path / "b.png", "--size", "9x6"),
            *(option, value),
        )
        assert ended.code == 2
        assert "defocus" in ended.err
        assert f"; tfp has no {option[2:]}" in ended.err


def test_a_fixed_pattern_and_a_tile_go_to_the_network(run, recording, tmp_path, refocuser):
    fpn = sc.FixedPattern.random((6, 9), seed=0)
    fpn.save(tmp_path / "fpn.npz")
    words = ("--method", "defocus", "--window", "25", "--weights", str(refocuser), "--bits", "16")
    words += ("--fpn", str(tmp_path / "fpn.npz"), "--tile", "64", "--device", "cpu")
    picture = sc.read_picture(run("a.png", *words, "--at", "30"))
    options = {"window": 25, "weights": refocuser}
    stream = sc.open(recording, shape=(6, 9))
    mended, raw = (sc.reconstruct(stream, 30, "defocus", fpn=f, **options) for f in (fpn, None))
    assert np.allclose(picture, mended, atol=1e-4)
    assert np.abs(picture - raw).max() > 0.01


def test_a_method_that_is_not_there_is_said_to_be_so(spikecam, recording, tmp_path):
    words = ("-o", tmp_path / "a.png", "--size", "9x6", "--method", "defocuss", "--tile", "64")
    ended = spikecam("reconstruct", recording, *words)
    assert ended.code == 2
    assert "no method 'defocuss'" in ended.err


def test_the_display_mapping_is_on_request(run, recording):
    tfp = ("--at", "25", "--method", "tfp")
    plain = sc.read_picture(run("a.png", *tfp, "--bits", "16"))
    shown = sc.read_picture(run("b.png", *tfp, "--stretch", "0:100"))
    assert np.allclose(
        plain, sc.reconstruct(sc.open(recording, shape=(6, 9)), 25, "tfp"), atol=1e-5
    )
    assert (shown.min(), shown.max()) == (0, 1)
    lifted = sc.read_picture(run("c.png", *tfp, "--gamma", "2"))
    assert np.allclose(lifted, np.sqrt(plain), atol=0.01)


def test_the_choice_of_a_method_is_said(spikecam, recording, tmp_path):
    words = ("reconstruct", recording, "--size", "9x6", "--at", "25", "-o", tmp_path / "a.png")
    ended = spikecam(*words)
    assert ended.code == 0
    assert ended.err.startswith("spikecam: method ")
    assert ended.err.count("\n") == 1
    assert spikecam(*words, "--quiet").err == ""
    for given in (("--method", "tfi"), ("--window", "9")):
        assert "method" not in spikecam(*words, *given).err
    ended = spikecam(*words, "--json")
    (note,) = json.loads(ended.out)["notes"]
    assert ended.err == f"spikecam: {note}\n"
    stream = sc.open(recording, shape=(6, 9))
    assert note == str(sc.choose_method(stream, [25]))
    made = sc.read_picture(tmp_path / "a.png")
    assert np.allclose(made, sc.reconstruct(stream, 25), atol=0.003)


def test_auto_is_a_name(run):
    assert np.array_equal(
        sc.read_picture(run("a.png", "--method", "AUTO")), sc.read_picture(run("b.png"))
    )


def test_a_photograph_gives_its_colours(spikecam, tmp_path):
    words = ("reconstruct", sample.SPIKES, "--colour", sample.BLUR, "--at", 130)
    ended = spikecam(*words, "--method", "tfi", "-o", tmp_path / "colour.png")
    assert ended.code == 0, ended.err
    picture = sc.read_picture(tmp_path / "colour.png")
    expected = sc.deblur(sample.BLUR, sample.SPIKES, at=130, method="colour", gray="tfi")
    assert np.abs(picture - expected).max() < 1 / 255


def test_options_that_a_photograph_leaves_without_effect_are_refused(spikecam, tmp_path):
    words = ("reconstruct", sample.SPIKES, "--colour", sample.BLUR, "--window", 9)
    ended = spikecam(*words, "-o", tmp_path / "colour.png")
    assert ended.code == 2
    assert "--window has no effect with --colour" in ended.err


def test_the_colours_of_a_photograph_leave_nothing_to_display(spikecam, tmp_path):
    words = ("reconstruct", sample.SPIKES, "--colour", sample.BLUR, "--levels", "0:0.5")
    ended = spikecam(*words, "-o", tmp_path / "colour.png")
    assert ended.code == 2
    assert "leave out --stretch, --levels, --gamma and --colour-map" in ended.err


def test_gray_is_shown_in_colours(spikecam, tmp_path):
    out = tmp_path / "colours.png"
    ended = spikecam("reconstruct", sample.SPIKES, "--colour-map", "viridis", "-o", out)
    assert ended.code == 0, ended.err
    assert sc.read_picture(out).shape == (180, 320, 3)
