"""Scenes without truth, the error at hidden pixels, and adapting to a camera."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import spikecam as sc
from spikecam.networks.refiner import Refiner, RefinerConfig
from spikecam.train.adaptation import RUN, adapt, measured_sensor
from spikecam.train.blind import blind_error
from spikecam.train.pseudo import pseudo_scenes
from spikecam.train.recipes import Job

TINY = RefinerConfig(
    width=8, deep_width=8, picture_blocks=1, deep_blocks=1, blocks=2, unfolded=False
)
CARD = sc.Card("tiny", "for tests", "none", "none", "none", "MIT", (), "everything")


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    """A data set of 8 pairs of 192x160 at a threshold of 3, of which the truth is gone."""
    folder = tmp_path_factory.mktemp("captures")
    for i in range(8):
        coarse = np.random.default_rng(i).integers(0, 256, (16, 20, 3), np.uint8)
        photo = Image.fromarray(coarse).resize((400, 320), Image.Resampling.BICUBIC)
        sc.save(folder / "photos" / f"{i}.png", np.asarray(photo))
    what = {"size": (160, 192), "sequences": 8, "length": 21, "speed": (0, 12), "test": 0}
    config = sc.SynthConfig(**what, val=0.25, thresholds=(3,))
    for _ in sc.Synthesis([folder / "photos"], folder / "set", config, workers=1):
        pass
    for path in (folder / "set").rglob("sharp_data/**/*.png"):
        path.write_bytes(b"not to be read")
    return folder / "set"


def network(noise=0.0, bright=0.0):
    torch.manual_seed(0)
    made = Refiner(TINY).eval().requires_grad_(False)
    made.predict.bias += bright
    if noise:
        torch.nn.init.normal_(made.predict.weight, std=noise)
    return made


def test_scenes_are_made_of_pictures_alone(captures, tmp_path):
    pairs = sc.spike_gopro(captures)
    said = []
    made = pseudo_scenes(pairs, tmp_path, sequences=4, seed=0, say=said.append)
    scenes = [*sc.spike_gopro(made), *sc.spike_gopro(made, "val")]
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
        pseudo_scenes(sc.spike_gopro(tiny_set), tmp_path, sequences=4, seed=0)


def test_the_camera_is_measured(captures):
    sensor = measured_sensor(sc.spike_gopro(captures))
    true = 3 / sc.PRESETS["s-sdm"].gain
    assert sensor.thresholds[0] < true < sensor.thresholds[1] < 2 * true
    assert sensor.patterned < 0.5


def test_a_fixed_pattern_is_noticed(captures):
    pairs = []
    fpn = sc.FixedPattern.draw((40, 48), seed=3)
    for number, pair in enumerate(sc.spike_gopro(captures)):
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
    pairs = sc.spike_gopro(captures, "val")
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
