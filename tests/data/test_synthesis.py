import hashlib
import json
import threading

import numpy as np
import pytest

import spikecam as sc
from spikecam.data import synthesis

SMALL = {"size": (64, 96), "length": 9, "gap": 3, "speed": (0, 10)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Seven photographs that are all different."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(7):
        coarse = np.random.default_rng(i).random((12, 16, 3))
        sc.save(folder / f"{i}.png", np.kron(coarse, np.ones((10, 10, 1))))
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of a square that moves, 40 frames."""
    frames = np.full((40, 72, 128, 3), 0.2)
    for t in range(40):
        frames[t, 20:44, 10 + 2 * t : 34 + 2 * t] = 0.8
    path = tmp_path_factory.mktemp("clips") / "square.mp4"
    sc.save(path, frames)
    return path


def digest(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def make(photos, folder, **options):
    workers = options.pop("workers", None)
    config = sc.SynthConfig(**{**SMALL, "sequences": 5, **options})
    return list(sc.Synthesis([photos], folder, config, workers=workers))


def test_a_data_set_is_whole_and_can_be_read(photos, tmp_path):
    scenes = make(photos, tmp_path / "set", pairs=2)
    read = {split: sc.spike_gopro(tmp_path / "set", split) for split in ("train", "val", "test")}
    assert {split: len(pairs) for split, pairs in read.items()} == {
        split: 2 * sum(scene.split == split for scene in scenes) for split in read
    }
    for pair in read["train"]:
        assert pair.stream().shape == (49, 16, 24)
        assert pair.stream().exposure == (20, 29)
        assert len(pair.sharp) == 7
        # The blurry picture is the mean of the exposure: the sharp middle one is close to it.
        middle = sc.read_picture(pair.sharp[24])
        assert np.abs(middle - pair.blurry_picture()).mean() < 0.2
        rates = pair.stream().count(20, 29) / 9
        gray = sc.quarter_gray(pair.blurry_picture())
        assert np.corrcoef(rates.ravel(), gray.ravel())[0, 1] > 0.9


def test_spikegen_sets_its_own_threshold(photos, tmp_path):
    make(photos, tmp_path / "set", preset="spikegen", val=0, test=0, sequences=1)
    (pair,) = sc.spike_gopro(tmp_path / "set")
    assert pair.stream().count().mean() / 49 == pytest.approx(0.1, abs=0.03)


def test_pairs_of_a_scene_follow_one_another(photos, tmp_path):
    make(photos, tmp_path / "set", pairs=3, val=0, test=0, sequences=1)
    names = [pair.name for pair in sc.spike_gopro(tmp_path / "set")]
    assert names == ["000024", "000036", "000048"]


def test_the_same_seed_makes_the_same_files(photos, tmp_path):
    make(photos, tmp_path / "one", workers=1)
    make(photos, tmp_path / "two", workers=3)
    make(photos, tmp_path / "other", seed=1)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "other")


def test_a_run_that_was_stopped_goes_on(photos, tmp_path, monkeypatch):
    make(photos, tmp_path / "whole")
    broken = tmp_path / "broken"
    count = iter(range(100))
    lock = threading.Lock()

    def write(*args, **kwargs):
        with lock:
            if next(count) == 2:
                raise KeyboardInterrupt
        sc.write_gopro_pair(*args, **kwargs)

    monkeypatch.setattr(synthesis, "write_gopro_pair", write)
    with pytest.raises(KeyboardInterrupt):
        make(photos, broken)
    before = digest(broken)
    done = [name for name in before if name.endswith(".dat")]
    assert 0 < len(done) < 5
    monkeypatch.undo()
    times = {name: (broken / name).stat().st_mtime_ns for name in done}
    make(photos, broken)
    assert digest(broken) == digest(tmp_path / "whole")
    assert {name: (broken / name).stat().st_mtime_ns for name in done} == times


@pytest.mark.parametrize("stage", range(4))
def test_half_a_pair_is_never_read(photos, tmp_path, monkeypatch, stage):
    """Killed after any of the files of a pair, it leaves nothing that a reader takes."""
    written = []

    def picture(path, *args, **kwargs):
        if len(written) == 2 * stage:
            raise KeyboardInterrupt
        written.append(path)
        sc.write_picture(path, *args, **kwargs)

    monkeypatch.setattr("spikecam.data.layouts.write_picture", picture)
    with pytest.raises(KeyboardInterrupt):
        make(photos, tmp_path / "set", val=0, test=0, sequences=1)
    with pytest.raises(sc.FileError):
        sc.spike_gopro(tmp_path / "set", incomplete="skip")


def test_other_settings_do_not_go_on(photos, tmp_path):
    make(photos, tmp_path / "set")
    before = digest(tmp_path / "set")
    with pytest.raises(sc.OutputError, match="other sources or settings"):
        make(photos, tmp_path / "set", seed=1)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(sc.OutputError, match="in use"):
        make(photos, tmp_path / "used")
    assert digest(tmp_path / "set") == before


def test_the_manifest_says_what_is_where(photos, tmp_path):
    scenes = make(photos, tmp_path / "set")
    said = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert said["exposure"] == [20, 29]
    assert {s["name"]: s["split"] for s in said["scenes"]} == {s.name: s.split for s in scenes}
    assert set(said["sources"]) == {str(photos / f"{i}.png") for i in range(7)}


def test_videos_become_scenes(clip, tmp_path):
    config = sc.SynthConfig(**SMALL, sequences=3, val=0, test=0)
    made = list(sc.Synthesis([clip], tmp_path / "set", config))
    assert sorted(scene.start for scene in made) == [0, 7, 14]
    pairs = sc.spike_gopro(tmp_path / "set")
    frames = [sc.read_picture(pair.sharp[24]) for pair in pairs]
    assert all(frame.shape == (64, 96, 3) for frame in frames)
    assert np.abs(frames[0] - frames[2]).max() > 0.3


def test_a_video_that_ends_early_is_refused(clip, tmp_path, monkeypatch):
    config = sc.SynthConfig(**SMALL, sequences=1, val=0, test=0)
    monkeypatch.setattr(
        "spikecam.data.synthesis.video_frames", lambda path: iter(list(sc.video_frames(path))[:4])
    )
    with pytest.raises(sc.FileError, match=r"square\.mp4 ends early"):
        list(sc.Synthesis([clip], tmp_path / "set", config))
    with pytest.raises(sc.FileError, match="expected"):
        sc.spike_gopro(tmp_path / "set", incomplete="skip")


def test_a_video_that_is_too_short_is_refused(clip, tmp_path):
    config = sc.SynthConfig(size=(64, 96), speed=(0, 9), sequences=1, pairs=9, val=0, test=0)
    with pytest.raises(sc.FileError, match="40 frames"):
        sc.Synthesis([clip], tmp_path / "set", config)
    assert not (tmp_path / "set").exists()


def test_a_fixed_pattern_of_another_size_is_refused(photos, tmp_path):
    fpn = sc.FixedPattern.draw((10, 10), 0)
    with pytest.raises(sc.GeometryError, match="24x16"):
        sc.Synthesis([photos], tmp_path / "set", sc.SynthConfig(**SMALL), fpn=fpn)
