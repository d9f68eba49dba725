"""Scenes without truth, the error at hidden pixels, and adapting to a camera."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import spikecam as sc
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.refiner import Refiner
from spikecam.train.adaptation import RUN, adapt, measured_sensor
from spikecam.train.blind import blind_error
from spikecam.train.folder import kept
from spikecam.train.job import ENDLESS, Job
from spikecam.train.pseudo import pseudo_scenes
from spikecam.train.scenes import Scenes

TINY = RefinerConfig(
    width=8, deep_width=8, picture_blocks=1, deep_blocks=1, blocks=2, unfolded=False
)
CARD = sc.Card("tiny", "for tests", "none", "none", "none", "MIT", (), "everything")


def network(noise=0.0, bright=0.0):
    torch.manual_seed(0)
    made = Refiner(TINY).eval().requires_grad_(False)
    made.predict.bias += bright
    if noise:
        torch.nn.init.normal_(made.predict.weight, std=noise)
    return made


def test_scenes_are_made_of_pictures_alone(captures, tmp_path):
    pairs = sc.read_spike_gopro(captures)
    said = []
    made = pseudo_scenes(pairs, tmp_path, sequences=4, seed=0, say=said.append)
    scenes = [*sc.read_spike_gopro(made), *sc.read_spike_gopro(made, "val")]
    assert len(scenes) == 4
    assert "4 scenes of 64x64 out of 6 blurry pictures" in said[0]
    assert all(pair.light is not None and len(pair.sharp) >= 7 for pair in scenes)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()}
    pseudo_scenes(pairs, tmp_path, sequences=4, seed=0)
    again = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()}
    changed = {path.name for path in files if files[path] != again[path]}
    assert changed <= {"manifest.json"}


def test_pictures_too_small_for_scenes_are_refused(tiny_set, tmp_path):
    with pytest.raises(sc.FileError, match="160 pixels a side"):
        pseudo_scenes(sc.read_spike_gopro(tiny_set), tmp_path, sequences=4, seed=0)


def test_the_camera_is_measured(captures):
    sensor = measured_sensor(sc.read_spike_gopro(captures))
    true = 3 / sc.SENSOR_PRESETS["s-sdm"].gain
    assert sensor.thresholds[0] < true < sensor.thresholds[1] < 2 * true
    assert sensor.patterned < 0.5


def test_a_fixed_pattern_is_noticed(captures):
    pairs = []
    fpn = sc.FixedPattern.random((40, 48), seed=3)
    for number, pair in enumerate(sc.read_spike_gopro(captures)):
        light = sc.quarter_gray(pair.blurry_picture())
        stream = sc.simulate([light] * 61, sc.Sensor(threshold=3), fpn=fpn, seed=number)
        path = pair.spikes.with_suffix(".patterned.dat")
        sc.save(path, stream)
        pairs.append(replace(pair, spikes=path))
    try:
        assert measured_sensor(pairs).patterned > 0.5
    finally:
        for pair in pairs:
            pair.spikes.unlink()
            pair.spikes.with_name(pair.spikes.name + ".json").unlink(missing_ok=True)


def test_hidden_pixels_tell_better_pictures_from_worse(captures):
    pairs = sc.read_spike_gopro(captures, "val")
    assert blind_error(network(), pairs) < blind_error(network(noise=0.05), pairs)


def test_adapting_mends_weights_that_are_bad_for_a_camera(captures, tmp_path):
    sc.save_weights(tmp_path / "start.safetensors", network(bright=1.0), CARD)
    out = tmp_path / "mine.safetensors"
    job = Job([captures], tmp_path / "mine", tmp_path / "start.safetensors")
    run = replace(RUN, epochs=3, steps=10, batch=4, lr=2e-2, workers=0)
    made = adapt(job, out, run, scenes=4)
    assert made.psnr[1] > made.psnr[0] + 0.5
    assert made.blind[1] < made.blind[0]
    _, card, _ = sc.read_card(out)
    assert card.summary == "tiny, adapted to one camera"
    assert "6 captures without truth" in card.data
    assert dict(card.scores)["held-out scenes after"] == f"{made.psnr[1]:.2f} dB"
    picture = sc.read_picture(tmp_path / "mine" / "pictures" / "adapted_0.png")
    assert picture.shape == (160, 3 * 192, 3)


def test_a_result_that_is_no_better_is_not_written(captures, tmp_path):
    sc.save_weights(tmp_path / "start.safetensors", network(), CARD)
    out = tmp_path / "mine.safetensors"
    job = Job([captures], tmp_path / "mine", tmp_path / "start.safetensors")
    run = replace(RUN, epochs=1, steps=1, batch=2, lr=1e-9, workers=0)
    with pytest.raises(sc.SpikecamError, match="did not help"):
        adapt(job, out, run, scenes=4)
    assert not out.exists()


def test_a_run_that_was_stopped_ends_as_one_that_was_not(captures, tmp_path, monkeypatch):
    start = tmp_path / "start.safetensors"
    sc.save_weights(start, network(bright=0.1), CARD)
    run = replace(RUN, epochs=6, steps=4, batch=2, lr=5e-3, workers=0)

    def adapted(name):
        out = tmp_path / f"{name}.safetensors"
        adapt(Job([captures], tmp_path / name, start), out, run, scenes=4, patience=1)
        return out

    straight = adapted("straight")
    ended = kept(tmp_path / "straight" / "last.ckpt")
    assert ended["epoch"] + 1 < 6
    whole = Scenes.__getitem__

    def cut_short(self, number):
        if self.length == ENDLESS and number == 13:  # in the second epoch
            raise KeyboardInterrupt
        return whole(self, number)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Scenes, "__getitem__", cut_short)
        adapted("stopped")
    assert kept(tmp_path / "stopped" / "last.ckpt")["epoch"] == 0
    for _ in range(2):  # the second time, it is done
        again = adapted("stopped")
        assert kept(tmp_path / "stopped" / "last.ckpt")["epoch"] == ended["epoch"]
        one, other = load_file(straight), load_file(again)
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_scenes_are_made_of_captures_that_look_alike(captures, tmp_path):
    pair = sc.read_spike_gopro(captures)[0]
    made = pseudo_scenes([pair, pair], tmp_path, sequences=2, seed=0)
    assert len(sc.read_spike_gopro(made)) == 2
    with pytest.raises(sc.OptionError, match="at least 2"):
        pseudo_scenes([pair], tmp_path / "other", sequences=1, seed=0)


def test_scenes_of_other_captures_are_not_taken(captures, tmp_path):
    first, second = (sc.read_spike_gopro(captures, split) for split in ("val", "train"))
    pseudo_scenes(first, tmp_path / "made", sequences=2, seed=0)
    pseudo_scenes(first, tmp_path / "made", sequences=2, seed=0)
    with pytest.raises(sc.OutputError, match="made holds scenes of other blurry pictures"):
        pseudo_scenes(second, tmp_path / "made", sequences=2, seed=0)
    (tmp_path / "file").touch()
    with pytest.raises(sc.OutputError, match=r"cannot write .*file/made"):
        pseudo_scenes(first, tmp_path / "file" / "made", sequences=2, seed=0)


def test_patience_is_some(captures, tmp_path):
    with pytest.raises(sc.OptionError, match="patience is at least 1 epoch, not 0"):
        adapt(Job([captures], tmp_path / "run"), tmp_path / "a.safetensors", patience=0)
    assert not (tmp_path / "run").exists()
