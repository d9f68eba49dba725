import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import spikecam as sc
from spikecam.data import synthesis
from spikecam.encoding import quarter_gray_light

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
    splits = ("train", "val", "test")
    read = {split: sc.read_spike_gopro(tmp_path / "set", split) for split in splits}
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
        light = quarter_gray_light(pair.blurry_picture(), pair.encoding)
        assert np.corrcoef(rates.ravel(), light.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("encoding", ["linear", "srgb", "gamma:1.8"])
def test_both_cameras_see_the_light_of_a_scene(photos, tmp_path, encoding):
    config = {"encodings": (encoding,), "light": True, "speed": (0, 0), "foregrounds": 0}
    scenes = make(photos, tmp_path / "set", **config, val=0, test=0, sequences=2)
    assert {scene.encoding for scene in scenes} == {encoding}
    for pair in sc.read_spike_gopro(tmp_path / "set"):
        assert str(pair.encoding) == encoding
        light = np.load(pair.light) / 65535
        # Nothing moves: the blurry picture is a sharp one, and its light that of any frame.
        blur = pair.blurry_picture()
        assert np.abs(blur - sc.read_picture(pair.sharp[24])).max() < 1.5 / 255
        assert np.abs(quarter_gray_light(blur, pair.encoding) - light[24]).max() < 0.02
        assert np.abs(light - light[24]).max() < 1e-3


def test_spikegen_sets_its_own_threshold(photos, tmp_path):
    make(photos, tmp_path / "set", preset="spikegen", val=0, test=0, sequences=1)
    (pair,) = sc.read_spike_gopro(tmp_path / "set")
    assert pair.stream().count().mean() / 49 == pytest.approx(0.1, abs=0.03)


def test_pairs_of_a_scene_follow_one_another(photos, tmp_path):
    make(photos, tmp_path / "set", pairs=3, val=0, test=0, sequences=1)
    names = [pair.name for pair in sc.read_spike_gopro(tmp_path / "set")]
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
        sc.write_spike_gopro_pair(*args, **kwargs)

    monkeypatch.setattr(synthesis, "write_spike_gopro_pair", write)
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


KILLED = """
import os, signal, sys
from spikecam.data import spike_gopro, synthesis
from spikecam.data.plan import SynthConfig

count = 0

def counted(write):
    def run(path, *args, **kwargs):
        global count
        count += 1
        if count == int(sys.argv[3]):
            # As far as writing under a temporary name comes, and no further.
            os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
        return write(path, *args, **kwargs)
    return run

spike_gopro.write_picture = counted(spike_gopro.write_picture)
spike_gopro.write_dat = counted(spike_gopro.write_dat)
config = SynthConfig(**eval(sys.argv[4]))
list(synthesis.Synthesis([sys.argv[1]], sys.argv[2], config, workers=1))
"""


@pytest.mark.parametrize("killed_at", [1, 8, 9, 14, 18])
def test_a_run_that_was_killed_goes_on(photos, tmp_path, killed_at):
    """Killed while any of the files of a pair is written: sharp, blurry, spikes."""
    config = {**SMALL, "sequences": 2, "val": 0, "test": 0}
    words = [photos, tmp_path / "set", killed_at, config]
    killed = subprocess.run([sys.executable, "-c", KILLED, *map(str, words)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "set").rglob(".*.part*"))
    whole = killed_at > 9
    if whole:
        assert len(sc.read_spike_gopro(tmp_path / "set", incomplete="skip")) == 1
    else:
        with pytest.raises(sc.FileError):
            sc.read_spike_gopro(tmp_path / "set", incomplete="skip")
    for folder in (tmp_path / "set", tmp_path / "whole"):
        list(sc.Synthesis([photos], folder, sc.SynthConfig(**config)))
    assert digest(tmp_path / "set") == digest(tmp_path / "whole")
    assert len(sc.read_spike_gopro(tmp_path / "set")) == 2


def test_files_that_were_lost_are_made_again(photos, tmp_path):
    make(photos, tmp_path / "set")
    before = digest(tmp_path / "set")
    for name in ("blur_data/*/*.png", "sharp_data/*/*/028.png"):
        next((tmp_path / "set" / "train").glob(name)).unlink()
    make(photos, tmp_path / "set")
    assert digest(tmp_path / "set") == before


def test_another_camera_does_not_go_on(photos, tmp_path):
    config = sc.SynthConfig(**SMALL, sequences=3, preset="gen2")
    one, two = (sc.FixedPattern.random((16, 24), seed) for seed in (1, 2))
    list(sc.Synthesis([photos], tmp_path / "set", config, fpn=one))
    for other in (two, None):
        with pytest.raises(sc.OutputError, match="begun with other"):
            sc.Synthesis([photos], tmp_path / "set", config, fpn=other)
    list(sc.Synthesis([photos], tmp_path / "set", config, fpn=one))


def test_one_camera_records_all_scenes(photos, tmp_path):
    config = sc.SynthConfig(**SMALL, sequences=3, pairs=2, preset="gen2")
    synthesis = sc.Synthesis([photos], tmp_path / "set", config)
    assert synthesis.fpn is not None
    assert synthesis.fpn.shape == (16, 24)


def test_sources_may_lie_elsewhere_the_second_time(photos, tmp_path, monkeypatch):
    make(photos, tmp_path / "set")
    monkeypatch.chdir(photos)
    make(".", tmp_path / "set")
    make(photos, photos / "inside")
    make(photos, photos / "inside")
    shutil.rmtree(photos / "inside")


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
    assert {s["name"] for s in said["sources"].values()} == {f"{i}.png" for i in range(7)}
    assert said["fixed pattern"] is None
    seen = {s["name"]: (s["encoding"], tuple(s["colour_weights"])) for s in said["scenes"]}
    assert seen == {s.name: (s.encoding, s.colour_weights) for s in scenes}


def test_videos_become_scenes(clip, tmp_path):
    config = sc.SynthConfig(**SMALL, sequences=3, val=0, test=0)
    made = list(sc.Synthesis([clip], tmp_path / "set", config))
    assert sorted(scene.start for scene in made) == [0, 7, 14]
    pairs = sc.read_spike_gopro(tmp_path / "set")
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
        sc.read_spike_gopro(tmp_path / "set", incomplete="skip")


def test_a_video_that_is_too_short_is_refused(clip, tmp_path):
    config = sc.SynthConfig(size=(64, 96), speed=(0, 9), sequences=1, pairs=9, val=0, test=0)
    with pytest.raises(sc.FileError, match="40 frames"):
        sc.Synthesis([clip], tmp_path / "set", config)
    assert not (tmp_path / "set").exists()


def test_a_fixed_pattern_of_another_size_is_refused(photos, tmp_path):
    fpn = sc.FixedPattern.random((10, 10), 0)
    with pytest.raises(sc.GeometryError, match="24x16"):
        sc.Synthesis([photos], tmp_path / "set", sc.SynthConfig(**SMALL), fpn=fpn)


def test_the_light_is_kept_where_it_shall_be(photos, tmp_path):
    make(photos, tmp_path / "set", light=True)
    pair = sc.read_spike_gopro(tmp_path / "set")[0]
    light = np.load(pair.light)
    assert (light.dtype, light.shape) == (np.uint16, (49, 16, 24))
    for frame, path in pair.sharp.items():
        seen = quarter_gray_light(sc.read_picture(path), pair.encoding)
        assert np.abs(light[frame] / 65535 - seen).max() < 1e-4
    # What was recorded is what the same sensor makes of it, but for rounding.
    again = sc.simulate(light / 65535, "s-sdm", seed=0)
    assert abs(np.asarray(again).mean() - np.asarray(pair.stream()).mean()) < 0.01
    pair.light.unlink()
    make(photos, tmp_path / "set", light=True)
    assert np.array_equal(np.load(pair.light), light)
    make(photos, tmp_path / "other")
    assert sc.read_spike_gopro(tmp_path / "other")[0].light is None
