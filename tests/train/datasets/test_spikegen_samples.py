import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.train.datasets.configs import SceneConfig, SensorConfig, SpikeGenSampleConfig
from spikecam.train.datasets.pairs import find_train_val_pairs
from spikecam.train.datasets.pictures import PictureCrops, find_train_val_pictures
from spikecam.train.datasets.spikegen_samples import SpikeGenSamples, draw_mix_ratio

CONFIG = SpikeGenSampleConfig(frames=8)
SCENES, SENSORS = SceneConfig(crop=64), SensorConfig()


def test_ratios_are_a_normal_distribution_cut_off():
    rng = np.random.default_rng(0)
    drawn = np.array([draw_mix_ratio(rng) for _ in range(20_000)])
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    # Of N(0.5, 1) between 0 and 1: nearly even, but a little more in the middle.
    middle = (np.abs(drawn - 0.5) < 0.25).mean()
    assert middle == pytest.approx(0.5155, abs=0.012)


def test_moments_are_the_same_whenever_they_are_asked_for(tiny_set, smooth_photos):
    train, _ = find_train_val_pairs(tiny_set, with_light=True)
    pictures = PictureCrops(find_train_val_pictures([smooth_photos], 64)[0], 64, seed=0, length=9)
    samples = SpikeGenSamples(
        train, pictures, replace(CONFIG, dense_prob=0.5), SCENES, SENSORS, seed=0, length=9
    )
    for number in range(6):
        one, other = samples[number], samples[number]
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert one["picture"].shape == one["sharp"].shape == (3, 64, 64)
        assert one["spikes"].shape == (8, 64, 64)
        assert one["sharp"].max() <= 1
    with pytest.raises(sc.OptionError, match="data set with blurry pictures, or"):
        SpikeGenSamples([], None, CONFIG, SCENES, SENSORS, seed=0, length=1)


def test_spikes_alone_have_no_colours_and_a_picture_alone_is_blurry(tiny_set):
    train, _ = find_train_val_pairs(tiny_set, with_light=True)
    samples = SpikeGenSamples(
        train, None, replace(CONFIG, single_source_prob=0.5), SCENES, SENSORS, seed=0, length=40
    )
    seen = [samples[number] for number in range(12)]
    mixes = {float(one["mix"]) for one in seen}
    assert mixes == {0.0, 1.0}
    for one in seen:
        colours = (one["sharp"] - one["sharp"].mean(0)).abs().max()
        assert (colours < 1e-6) == (one["mix"] == 1)


def test_rates_with_their_gain_are_as_bright_as_the_truth(tiny_set, smooth_photos):
    train, _ = find_train_val_pairs(tiny_set, with_light=True)
    pictures = PictureCrops(find_train_val_pictures([smooth_photos], 64)[0], 64, seed=0, length=9)
    for dense in (0.0, 1.0):
        config = replace(CONFIG, dense_prob=dense, single_source_prob=0.0, frames=16)
        samples = SpikeGenSamples(train, pictures, config, SCENES, SENSORS, seed=0, length=9)
        for number in range(4):
            one = samples[number]
            rate = one["spikes"].float().mean() * one["gain"]
            assert float(rate) == pytest.approx(float(one["sharp"].mean()), rel=0.25)


def test_pairs_as_they_were_recorded(tiny_set, tmp_path):
    """Those of Spike-GOPRO have sharp pictures and spikes, but not the light that these saw."""
    bare = tmp_path / "bare"
    shutil.copytree(tiny_set, bare, ignore=shutil.ignore_patterns("light_data"))
    train, _ = find_train_val_pairs(bare)
    assert all(pair.light is None for pair in train)
    samples = SpikeGenSamples(
        train, None, CONFIG, SCENES, SENSORS, seed=0, length=20, fixed_mix_ratio=0.5
    )
    for number in range(4):
        one = samples[number]
        assert all(torch.equal(one[name], samples[number][name]) for name in one)
        rate = one["spikes"].float().mean() * one["gain"]
        assert float(rate) == pytest.approx(float(one["sharp"].mean()), rel=0.3)
    blind = [replace(pair, sharp={}) for pair in train]
    with pytest.raises(sc.FileError, match="no sharp pictures"):
        SpikeGenSamples(blind, None, CONFIG, SCENES, SENSORS, seed=0, length=1)
    with pytest.raises(sc.FileError, match="fewer than 48 frames around frame"):
        SpikeGenSamples(train, None, replace(CONFIG, frames=48), SCENES, SENSORS, seed=0, length=1)
