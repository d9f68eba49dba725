import numpy as np
import pytest

from spikecam.errors import OptionError, OutputError
from spikecam.io.output import output_kind
from spikecam.io.pictures import read_picture
from spikecam.io.recording import open
from spikecam.io.save import save
from spikecam.io.video import read_video
from spikecam.stream import SpikeStream


def test_the_ending_chooses(tmp_path, spikes):
    picture = np.full((8, 10, 3), 0.5, np.float32)
    save(tmp_path / "a.png", picture)
    assert read_picture(tmp_path / "a.png").shape == (8, 10, 3)
    save(tmp_path / "a.mp4", [picture] * 3)
    assert read_video(tmp_path / "a.mp4").shape == (3, 8, 10, 3)
    save(tmp_path / "run.1", iter([picture] * 3), frame_indices=[7, 8, 1234])
    assert sorted(p.name for p in (tmp_path / "run.1").iterdir()) == [
        "0007.png",
        "0008.png",
        "1234.png",
    ]
    save(tmp_path / "counted", np.zeros((2, 4, 4)))
    assert sorted(p.name for p in (tmp_path / "counted").iterdir()) == ["000.png", "001.png"]
    save(tmp_path / "a.npz", SpikeStream.from_array(spikes(2, 3, 4)))
    assert open(tmp_path / "a.npz").shape == (2, 3, 4)


def test_kinds():
    kinds = {output_kind(name) for name in ("a.mp4", "a.GIF")}
    assert kinds == {"video"}
    assert {output_kind(name) for name in ("a.png", "b.JPG", "c.tiff")} == {"picture"}
    assert output_kind("out") == output_kind("out.2") == output_kind("out.v2/") == "folder"
    for name in ("a.avi", "a.webp", "a.dat", "a.pgn", "a.pn", "a.xyz", "out.v2"):
        with pytest.raises(OutputError, match="not written as"):
            output_kind(name)


def test_a_picture_is_no_sequence(tmp_path):
    with pytest.raises(OptionError, match="takes a sequence"):
        save(tmp_path / "a.mp4", np.zeros((8, 8)))
    with pytest.raises(OptionError, match="height, width"):
        save(tmp_path / "a.png", np.zeros((2, 8, 8)))
    with pytest.raises(OptionError, match="8 bits a channel"):
        save(tmp_path / "a.mp4", np.zeros((2, 8, 8)), bits=16)
    assert list(tmp_path.iterdir()) == []


def test_every_frame_needs_its_number(tmp_path):
    with pytest.raises(OptionError, match="3 frames need a number each, not 2"):
        save(tmp_path / "out", np.zeros((3, 4, 4)), frame_indices=[1, 2])
    assert list(tmp_path.iterdir()) == []


def test_numbers_may_be_an_array_and_fit_frames_that_come_one_by_one(tmp_path):
    save(tmp_path / "out", np.zeros((2, 4, 4)), frame_indices=np.array([3, 5]))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["003.png", "005.png"]
    for indices, message in (
        ([1], "more frames than their 1 numbers"),
        ([1, 2, 3], "2 frames need a number each, not 3"),
        (np.array([0.5, 1]), "whole numbers"),
    ):
        with pytest.raises(OptionError, match=message):
            save(tmp_path / "b.zip", iter(np.zeros((2, 4, 4))), frame_indices=indices)
    assert not (tmp_path / "b.zip").exists()


def test_numbers_differ_and_there_is_something_to_write(tmp_path):
    pictures = np.zeros((2, 4, 4))
    for wrong in ([1, 1], [-1, 2]):
        with pytest.raises(OptionError, match="differ from each other"):
            save(tmp_path / "out", pictures, frame_indices=wrong)
    with pytest.raises(OptionError, match="no frames to write"):
        save(tmp_path / "out", iter([]))
    assert list(tmp_path.iterdir()) == []
