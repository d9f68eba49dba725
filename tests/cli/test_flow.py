import json

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture
def path(tmp_path, spikes):
    sc.save(tmp_path / "spikes.dat", sc.SpikeStream.from_array(spikes(60, 20, 24)))
    return tmp_path / "spikes.dat"


@pytest.fixture
def run(spikecam, path, tmp_path):
    def run(out, *words):
        ended = spikecam("flow", path, "--at", 20, "--to", 40, "-o", tmp_path / out, *words)
        assert ended.code == 0, ended.err
        return tmp_path / out, ended.out

    return run


def test_a_field_is_what_python_gives(run, path):
    out, said = run("a.flo")
    assert np.array_equal(sc.read_flow(out), sc.flow(path, 20, 40))
    assert "from frame 20 to 40" in said
    facts = json.loads(run("a.flo", "--json")[1])
    assert (facts["at"], facts["to"]) == (20, 40)


def test_a_picture_has_the_colours_of_the_flow(run, path):
    out, said = run("a.png", "--reach", 30)
    colours = sc.flow_to_colours(sc.flow(path, 20, 40, reach=30))
    assert np.array_equal(sc.read_picture(out), np.rint(colours * 255) / 255)
    assert "full colour is a motion of" in said


def test_a_film_has_arrows_that_end_at_the_last_frame(run, path):
    out, _ = run("film", "--arrow-frames", 18)
    assert sorted(one.name for one in out.iterdir()) == ["020.png", "021.png", "022.png"]
    assert sc.read_picture(out / "020.png").shape == (540, 648, 3)
    assert len(sc.read_video(run("a.gif")[0])) == 11


def test_a_film_towards_earlier_frames_runs_backwards(spikecam, path, tmp_path):
    words = ("flow", path, "--at", 40, "--to", 28, "-o", tmp_path / "film")
    assert spikecam(*words).code == 0
    assert sorted(one.name for one in (tmp_path / "film").iterdir()) == [
        "038.png",
        "039.png",
        "040.png",
    ]


@pytest.mark.parametrize(
    ("words", "out", "said"),
    [
        ("--at 20 --to 20", "a.flo", "both are frame 20; choose two"),
        ("--at 20 --to 60", "a.flo", "frame 60"),
        ("--at 20 --to 30 --bits 16", "a.flo", "--fps and --bits are of pictures"),
        ("--at 20 --to 30", "a.mp4", "there is one frame to write"),
        ("--at 20 --to 30 --arrow-frames 0", "film", "arrows span at least 1 frame, not 0"),
        ("--at 20 --to 30 --spacing 10", "a.flo", "--spacing goes with --method scflow"),
        ("--at 20 --to 30 --crop 0:1,0:1", "a.png", "at least 16 pixels a side"),
        ("--at 20 --to 30 --method aligned", "a.png", "aligned takes spikes, not spikes at two"),
        ("--at 20 --to 30", "a.npy", "not written as .npy"),
    ],
)
def test_what_cannot_be_is_refused(refused, path, tmp_path, words, out, said):
    refused(tmp_path, said, f"flow {path} {words}", tmp_path / out)
