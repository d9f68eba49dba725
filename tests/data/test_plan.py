from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.data.plan import Scene, check_disjoint, find_sources, plan_scenes

SOURCES = {f"photo{i}.png": f"{i:064x}" for i in range(20)}


@given(st.integers(0, 50), st.integers(3, 60), st.floats(0, 0.4), st.floats(0, 0.4))
def test_no_source_is_in_two_splits(seed, sequences, val, test):
    config = sc.SynthConfig(sequences=sequences, val=val, test=test, seed=seed, foregrounds=1)
    scenes = plan_scenes(SOURCES, config)
    assert len(scenes) == sequences
    assert len({scene.name for scene in scenes}) == sequences
    shown: dict[str, set[str]] = {}
    for scene in scenes:
        shown.setdefault(scene.split, set()).update({scene.source, *scene.foregrounds})
    assert sum(map(len, shown.values())) == len(set().union(*shown.values()))
    for split, share in (("val", val), ("test", test)):
        assert (split in shown) == (share > 0)


def test_the_check_finds_a_shared_source():
    scene = Scene("train", "0", "a.png", ("b.png",), 0, 0, 1, 0)
    other = Scene("test", "1", "c.png", ("b.png",), 0, 0, 1, 0)
    sources = {"a.png": "1", "b.png": "2", "c.png": "3"}
    with pytest.raises(sc.FileError, match=r"b\.png is shown in train as well as in test"):
        check_disjoint([scene, other], sources)
    copies = {"a.png": "1", "b.png": "2", "c.png": "1"}
    alone = Scene("test", "1", "c.png", (), 0, 0, 1, 0)
    with pytest.raises(sc.FileError, match=r"c\.png"):
        check_disjoint([scene, alone], copies)


def test_names_of_files_do_not_decide():
    config = sc.SynthConfig(sequences=20)
    renamed = {f"other{i}.png": f"{i:064x}" for i in reversed(range(20))}
    splits = [
        {sources[scene.source]: scene.split for scene in plan_scenes(sources, config)}
        for sources in (SOURCES, renamed)
    ]
    assert splits[0] == splits[1]


def test_settings_are_drawn_from_their_ranges():
    config = sc.SynthConfig(sequences=200, speed=(5, 40), thresholds=(1, 2, 4), foregrounds=0.3)
    scenes = plan_scenes(SOURCES, config)
    assert all(5 <= scene.speed <= 40 for scene in scenes)
    assert np.ptp([scene.speed for scene in scenes]) > 30
    assert set(Counter(scene.threshold for scene in scenes)) == {1, 2, 4}
    assert 0.15 < np.mean([bool(scene.foregrounds) for scene in scenes]) < 0.45


def test_too_few_sources_are_refused():
    with pytest.raises(sc.OptionError, match="3 splits need one each at least, and there are 2"):
        plan_scenes({"a.png": "1", "b.png": "2"}, sc.SynthConfig())
    scenes = plan_scenes({"a.png": "1"}, sc.SynthConfig(sequences=5, val=0, test=0))
    assert {scene.split for scene in scenes} == {"train"}


def test_sources_are_found_once(tmp_path):
    sc.save(tmp_path / "a.png", np.zeros((20, 20)))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    sc.save(tmp_path / "deep" / "b.jpg", np.ones((20, 20)))
    (tmp_path / "notes.txt").touch()
    found = find_sources([tmp_path])
    assert [name.rpartition("/")[2] for name in found] == ["a.png", "b.jpg"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.png", "does not exist"),
        ("notes.txt", "neither a picture nor a video"),
        ("empty", "no photographs or videos found"),
    ],
)
def test_sources_that_are_none_are_refused(tmp_path, name, words):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(sc.FileError, match=words):
        find_sources([tmp_path / name])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": (383, 512)}, "512x383"),
        ({"size": (32, 512)}, "at least 64"),
        ({"sequences": 0}, "sequences"),
        ({"pairs": 0}, "pairs"),
        ({"length": 1}, "length is at least 2"),
        ({"gap": -1}, "gap"),
        ({"speed": (30, 20)}, "rise"),
        ({"speed": (0, 500)}, "from 0 to 192"),
        ({"val": 0.6, "test": 0.5}, "leave some to train"),
        ({"foregrounds": 2}, "shares"),
        ({"preset": "spikegen", "thresholds": (2,)}, "coverage"),
        ({"seed": -1}, "seed"),
        ({"thresholds": (1, -2)}, "threshold"),
        ({"preset": "gen3"}, "known presets"),
    ],
)
def test_settings_that_cannot_be_are_refused(values, words):
    with pytest.raises(sc.OptionError, match=words):
        sc.SynthConfig(**values)
