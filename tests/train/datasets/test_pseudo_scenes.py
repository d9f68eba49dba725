"""Pseudo scenes of captures without truth."""

import pytest

import spikecam as sc
from spikecam.train.datasets.pseudo_scenes import make_pseudo_scenes


def test_scenes_are_made_of_pictures_alone(captures, tmp_path):
    pairs = sc.read_spike_gopro(captures)
    said = []
    made = make_pseudo_scenes(pairs, tmp_path, scene_count=4, seed=0, say=said.append)
    scenes = [*sc.read_spike_gopro(made), *sc.read_spike_gopro(made, "val")]
    assert len(scenes) == 4
    assert "4 scenes of 64x64 out of 6 blurry pictures" in said[0]
    assert all(pair.light is not None and len(pair.sharp) >= 7 for pair in scenes)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()}
    make_pseudo_scenes(pairs, tmp_path, scene_count=4, seed=0)
    again = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()}
    changed = {path.name for path in files if files[path] != again[path]}
    assert changed <= {"manifest.json"}


def test_pictures_too_small_for_scenes_are_refused(tiny_set, tmp_path):
    with pytest.raises(sc.FileError, match="160 pixels a side"):
        make_pseudo_scenes(sc.read_spike_gopro(tiny_set), tmp_path, scene_count=4, seed=0)


def test_scenes_are_made_of_captures_that_look_alike(captures, tmp_path):
    pair = sc.read_spike_gopro(captures)[0]
    made = make_pseudo_scenes([pair, pair], tmp_path, scene_count=2, seed=0)
    assert len(sc.read_spike_gopro(made)) == 2
    with pytest.raises(sc.OptionError, match="at least 2"):
        make_pseudo_scenes([pair], tmp_path / "other", scene_count=1, seed=0)


def test_scenes_of_other_captures_are_not_taken(captures, tmp_path):
    first, second = (sc.read_spike_gopro(captures, split) for split in ("val", "train"))
    make_pseudo_scenes(first, tmp_path / "made", scene_count=2, seed=0)
    make_pseudo_scenes(first, tmp_path / "made", scene_count=2, seed=0)
    with pytest.raises(sc.OutputError, match="made holds scenes of other blurry pictures"):
        make_pseudo_scenes(second, tmp_path / "made", scene_count=2, seed=0)
    (tmp_path / "file").touch()
    with pytest.raises(sc.OutputError, match=r"cannot write .*file/made"):
        make_pseudo_scenes(first, tmp_path / "file" / "made", scene_count=2, seed=0)
