import numpy as np
import pytest

import spikecam as sc


@pytest.mark.parametrize("name", ["out.npz", "out.h5", "out.dat", "out.zarr"])
def test_nothing_is_lost_on_the_way(spikecam, recording, tmp_path, name):
    out = tmp_path / name
    ended = spikecam("convert", recording, "-o", out, "--size", "9x6", "--rate", "500")
    assert (ended.code, ended.err) == (0, "")
    back = sc.open(out)
    assert np.array_equal(np.asarray(back), np.asarray(sc.open(recording, shape=(6, 9))))
    assert back.rate == 500


def test_some_frames_in_another_layout(spikecam, recording, tmp_path):
    out = tmp_path / "out.npz"
    args = ("--frames", "10:30", "--layout", "uhsr")
    spikecam("convert", recording, "-o", out, "--size", "9x6", *args)
    assert np.load(out)["spk"].shape == (20, 6, 9)


def test_an_oriented_recording_is_written_for_good(spikecam, recording, tmp_path):
    plain, out = sc.open(recording, shape=(6, 9)), tmp_path / "turned.dat"
    words = ("--flip", "vertical", "--rotate", "90", "--crop", ":8,1:6")
    ended = spikecam("convert", recording, "-o", out, "--size", "9x6", *words)
    assert (ended.code, ended.out) == (0, f"{out}: 60 frames of 5x8\n")
    expected = sc.Orientation("vertical", 90, ((0, 8), (1, 6))).apply(np.asarray(plain))
    assert np.array_equal(np.asarray(sc.open(out)), expected)


def test_the_input_is_never_replaced(spikecam, recording):
    ended = spikecam("convert", recording, "-o", recording, "--size", "9x6")
    assert ended.code == 2
    assert "is an input" in ended.err


def test_a_folder_is_replaced_on_request_alone(spikecam, recording, tmp_path):
    out = tmp_path / "out.zarr"
    words = ("convert", recording, "-o", out, "--size", "9x6")
    assert spikecam(*words).code == 0
    ended = spikecam(*words)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "out.zarr is in use; name a new one" in ended.err
    assert spikecam(*words, "--frames", "5:25", "--overwrite").code == 0
    assert len(sc.open(out)) == 20
    ended = spikecam("convert", out, "-o", out, "--overwrite")
    assert ended.code == 2
    assert "is an input" in ended.err
