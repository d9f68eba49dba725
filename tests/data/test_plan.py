from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.data.plan import Scene, check_disjoint_splits, plan_scenes
from spikecam.data.sources import Source
from spikecam.gray import GRAY_WEIGHTS


def photo(name, digest, family=None):
    return Source(name, digest, family or digest, 1)


def planned(split, name, source, foregrounds):
    return Scene(split, name, source, foregrounds, 0, 0, 1, "srgb", GRAY_WEIGHTS, 0)


SOURCES = [photo(f"photo{i}.png", f"{i:064x}") for i in range(20)]


@given(st.integers(0, 50), st.integers(3, 60), st.floats(0, 0.4), st.floats(0, 0.4))
def test_no_family_is_in_two_splits(seed, sequences, val, test):
    config = sc.SynthConfig(sequences=sequences, val=val, test=test, seed=seed, foregrounds=1)
    kin = [photo(s.path, s.digest, SOURCES[i // 3].digest) for i, s in enumerate(SOURCES)]
    scenes = plan_scenes(kin, config)
    assert len(scenes) == sequences
    assert len({scene.name for scene in scenes}) == sequences
    shown: dict[str, set[str]] = {}
    for scene in scenes:
        families = {source.family for source in (scene.source, *scene.foregrounds)}
        shown.setdefault(scene.split, set()).update(families)
    assert sum(map(len, shown.values())) == len(set().union(*shown.values()))
    assert set(shown) == {"train"} | {s for s, n in (("val", val), ("test", test)) if n > 0}


def test_the_check_finds_a_shared_family():
    a, b, c = (photo(f"{name}.png", name) for name in "abc")
    copy = photo("copy.png", "d", "a")
    scene = planned("train", "0", a, (b,))
    with pytest.raises(sc.FileError, match=r"b\.png is shown in train as well as in test"):
        check_disjoint_splits([scene, planned("test", "1", c, (b,))])
    with pytest.raises(sc.FileError, match=r"copy\.png"):
        check_disjoint_splits([scene, planned("test", "1", copy, ())])


def test_names_of_files_do_not_decide():
    config = sc.SynthConfig(sequences=20)
    renamed = [photo(f"other{i}.png", s.digest) for i, s in reversed(list(enumerate(SOURCES)))]
    splits = [
        {scene.source.digest: scene.split for scene in plan_scenes(sources, config)}
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
    assert {len(scene.foregrounds) for scene in scenes} == {0, 1, 2, 3}
    assert 0.5 < np.mean([scene.encoding == "srgb" for scene in scenes]) < 0.8
    assert {scene.encoding for scene in scenes} == {"srgb", "linear"}


def test_the_spike_camera_of_a_scene_has_a_spectral_response_of_its_own():
    scenes = plan_scenes(SOURCES, sc.SynthConfig(sequences=60))
    drawn = {scene.colour_weights for scene in scenes if scene.encoding == "srgb"}
    assert len(drawn) > 20
    assert np.allclose([sum(weights) for weights in drawn], 1)
    assert np.abs(np.mean(list(drawn), axis=0) - GRAY_WEIGHTS).max() < 0.05
    # In the protocol of the papers it is gray.
    assert {s.colour_weights for s in scenes if s.encoding == "linear"} == {GRAY_WEIGHTS}


def test_every_split_gets_something_to_show():
    few = [photo("a.png", "1"), photo("b.png", "2"), photo("c.png", "3", "1")]
    with pytest.raises(sc.OptionError, match="there are 2"):
        plan_scenes(few, sc.SynthConfig())
    with pytest.raises(sc.OptionError, match="make more than 2"):
        plan_scenes(SOURCES, sc.SynthConfig(sequences=2))
    alone = plan_scenes(few[:1], sc.SynthConfig(sequences=5, val=0, test=0))
    assert {scene.split for scene in alone} == {"train"}


def test_videos_last_for_so_many_sequences():
    config = sc.SynthConfig(sequences=3, val=0, test=0)
    clips = [Source("a.mp4", "1", "1", 40), Source("b.mp4", "2", "2", 18)]
    scenes = plan_scenes(clips, config)
    assert sorted((scene.source.path, scene.start) for scene in scenes) == [
        ("a.mp4", 0),
        ("a.mp4", 18),
        ("b.mp4", 0),
    ]
    with pytest.raises(sc.OptionError, match="last for 3 sequences, and 4 are wanted"):
        plan_scenes(clips, sc.SynthConfig(sequences=4, val=0, test=0))
    with pytest.raises(sc.FileError, match=r"b\.mp4 has 17 frames"):
        plan_scenes([Source("b.mp4", "2", "2", 17)], config)


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
        ({"encodings": ()}, "at least one encoding"),
        ({"encodings": ("srgb", "rec709")}, "no encoding 'rec709'"),
    ],
)
def test_settings_that_cannot_be_are_refused(values, words):
    with pytest.raises(sc.OptionError, match=words):
        sc.SynthConfig(**values)
