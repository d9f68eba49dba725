"""Adapting to a camera."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import spikecam as sc
from spikecam.encoding import quarter_gray_light
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.refiner import Refiner
from spikecam.train.datasets.refiner_samples import RefinerSamples
from spikecam.train.engine.job import TrainingJob
from spikecam.train.engine.run_folder import load_checkpoint
from spikecam.train.engine.sampler import UNBOUNDED
from spikecam.train.losses.heldout_pixels import heldout_pixel_error
from spikecam.train.recipes.adaptation import (
    RUN,
    AdaptationOptions,
    adapt,
    adapt_weights,
    estimate_sensor_config,
)

TINY = RefinerConfig(
    width=8, deep_width=8, picture_blocks=1, deep_blocks=1, blocks=2, sdm_change=False
)
CARD = sc.Card("tiny", "for tests", "none", "none", "none", "MIT", (), "everything")


def network(noise=0.0, bright=0.0):
    torch.manual_seed(0)
    made = Refiner(TINY).eval().requires_grad_(False)
    made.predict.bias += bright
    if noise:
        torch.nn.init.normal_(made.predict.weight, std=noise)
    return made


def test_the_camera_is_measured(captures):
    sensor = estimate_sensor_config(sc.read_spike_gopro(captures))
    true = 3 / sc.SENSOR_PRESETS["s-sdm"].gain
    assert sensor.thresholds[0] < true < sensor.thresholds[1] < 2 * true
    assert sensor.fpn_prob < 0.5


def test_a_fixed_pattern_is_noticed(captures):
    pairs = []
    fpn = sc.FixedPattern.random((40, 48), seed=3)
    for number, pair in enumerate(sc.read_spike_gopro(captures)):
        light = quarter_gray_light(pair.blurry_picture(), pair.encoding)
        stream = sc.simulate([light] * 61, sc.Sensor(threshold=3), fpn=fpn, seed=number)
        path = pair.spikes.with_suffix(".fpn_prob.dat")
        sc.save(path, stream)
        pairs.append(replace(pair, spikes=path))
    try:
        assert estimate_sensor_config(pairs).fpn_prob > 0.5
    finally:
        for pair in pairs:
            pair.spikes.unlink()
            pair.spikes.with_name(pair.spikes.name + ".json").unlink(missing_ok=True)


def test_hidden_pixels_tell_better_pictures_from_worse(captures):
    pairs = sc.read_spike_gopro(captures, "val")
    assert heldout_pixel_error(network(), pairs) < heldout_pixel_error(network(noise=0.05), pairs)


def test_adapting_mends_weights_that_are_bad_for_a_camera(captures, tmp_path):
    sc.save_weights(tmp_path / "start.safetensors", network(bright=1.0), CARD)
    out = tmp_path / "mine.safetensors"
    job = TrainingJob([captures], out)
    run = replace(RUN, epochs=3, steps=10, batch=4, lr=2e-2, workers=0)
    options = AdaptationOptions(str(tmp_path / "start.safetensors"), scenes=4, run=run)
    made = adapt_weights(job, options)
    assert made.psnr[1] > made.psnr[0] + 0.5
    assert made.pixel_error[1] < made.pixel_error[0]
    card = sc.read_weights_info(out).card
    assert card.summary == "tiny, adapted to one camera"
    assert "6 captures without truth" in card.data
    assert dict(card.scores)["held-out scenes after"] == f"{made.psnr[1]:.2f} dB"
    picture = sc.read_picture(tmp_path / "mine" / "pictures" / "adapted_0.png")
    assert picture.shape == (160, 3 * 192, 3)


def test_a_result_that_is_no_better_is_not_written(captures, tmp_path):
    sc.save_weights(tmp_path / "start.safetensors", network(), CARD)
    out = tmp_path / "mine.safetensors"
    job = TrainingJob([captures], out)
    run = replace(RUN, epochs=1, steps=1, batch=2, lr=1e-9, workers=0)
    options = AdaptationOptions(str(tmp_path / "start.safetensors"), scenes=4, run=run)
    with pytest.raises(sc.SpikecamError, match="did not help"):
        adapt(job, options)
    assert not out.exists()


def test_a_run_that_was_stopped_ends_as_one_that_was_not(captures, tmp_path, monkeypatch):
    start = tmp_path / "start.safetensors"
    sc.save_weights(start, network(bright=0.1), CARD)
    run = replace(RUN, epochs=6, steps=4, batch=2, lr=5e-3, workers=0)

    def adapted(name):
        out = tmp_path / f"{name}.safetensors"
        adapt(TrainingJob([captures], out), AdaptationOptions(str(start), 4, 1, run=run))
        return out

    straight = adapted("straight")
    ended = load_checkpoint(tmp_path / "straight" / "last.ckpt")
    assert ended["epoch"] + 1 < 6
    whole = RefinerSamples.__getitem__

    def cut_short(self, number):
        if self.length == UNBOUNDED and number == 13:  # in the second epoch
            raise KeyboardInterrupt
        return whole(self, number)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RefinerSamples, "__getitem__", cut_short)
        adapted("stopped")
    assert load_checkpoint(tmp_path / "stopped" / "last.ckpt")["epoch"] == 0
    for _ in range(2):  # the second time, it is done
        again = adapted("stopped")
        assert load_checkpoint(tmp_path / "stopped" / "last.ckpt")["epoch"] == ended["epoch"]
        one, other = load_file(straight), load_file(again)
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_patience_is_some():
    with pytest.raises(sc.OptionError, match="patience is at least 1 epoch, not 0"):
        AdaptationOptions(patience=0)
