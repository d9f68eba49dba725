import json

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture
def run(spikecam, recording, tmp_path):
    sc.save(tmp_path / "blur.png", np.full((24, 36, 3), 0.5))

    def run(out, *args):
        ended = spikecam(
            "deblur", tmp_path / "blur.png", recording, "-o", tmp_path / out, "--size", "9x6", *args
        )
        assert ended.code == 0, ended.err
        return tmp_path / out

    return run


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_standard_output_is_json_alone_where_it_is_asked_for(spikecam, recording, tmp_path):
    sc.save(tmp_path / "blur.png", np.full((24, 36, 3), 0.5))
    words = ("deblur", tmp_path / "blur.png", recording, "--size", "9x6", "--method", "sdm")
    ended = spikecam(*words, "-o", tmp_path / "a.png", "--json")
    exposure, encoding = json.loads(ended.out)["notes"]
    assert exposure == "exposure 0:60 of 60 frames"
    assert encoding.startswith("encoding srgb: too little of ")
    assert ended.err == f"{exposure}\n{encoding}\n"
    ended = spikecam(*words, "-o", tmp_path / "b.png", "--encoding", "gamma:2", "--json")
    assert json.loads(ended.out)["notes"] == [exposure, "encoding gamma:2"]


def test_seven_frames_over_the_exposure(run):
    folder = run("out", "--exposure", "15:46")
    assert names(folder) == [f"{n:03d}.png" for n in (15, 20, 25, 30, 35, 40, 45)]
    assert sc.read_picture(folder / "015.png").shape == (24, 36, 3)


def test_a_picture_is_the_middle_of_the_exposure(run):
    folder = run("out", "--exposure", "15:46", "--at", "30")
    assert names(folder) == ["030.png"]
    single = sc.read_picture(run("one.png", "--exposure", "15:46"))
    assert np.array_equal(single, sc.read_picture(folder / "030.png"))


def test_a_mirrored_picture_and_turned_spikes(run, recording, tmp_path):
    half = np.zeros((24, 36, 3))
    half[:, :9] = 0.8
    sc.write_picture(tmp_path / "blur.png", half)
    picture = sc.read_picture(run("a.png", "--method", "sdm", "--mirror"))
    assert picture[:, 27:].mean() > 0.5
    assert picture[:, :27].max() == 0
    sc.write_picture(tmp_path / "blur.png", np.rot90(half, -1))
    picture = sc.read_picture(run("b.png", "--method", "sdm", "--rotate", "90"))
    assert picture.shape == (36, 24, 3)


def test_frames_by_number_or_by_range(run):
    assert len(names(run("a", "--exposure", "15:46", "--frames", "3"))) == 3
    assert names(run("b", "--frames", "20:40:10")) == ["020.png", "030.png"]
    assert sc.read_video(run("c.mp4", "--frames", "5")).shape == (5, 24, 36, 3)
