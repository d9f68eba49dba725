import shutil

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.train.datasets.configs import RefinerSampleConfig, SceneConfig, SensorConfig
from spikecam.train.datasets.refiner_samples import RefinerSamples


def samples_of(pairs, crop):
    scenes = SceneConfig(crop=crop)
    return RefinerSamples(pairs, scenes, SensorConfig(), RefinerSampleConfig(), seed=0, length=1)


def test_a_number_is_always_the_same_sample(tiny_set):
    pairs = sc.read_spike_gopro(tiny_set)
    scenes, again = (
        RefinerSamples(
            pairs,
            SceneConfig(crop=64),
            SensorConfig(noise_prob=0.5, fpn_prob=0.5),
            RefinerSampleConfig(moments=2, scale_prob=0.5),
            seed=0,
            length=100,
        )
        for _ in range(2)
    )
    for number in (7, 3):
        one, other = scenes[number], again[number]
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert one["blur"].shape == (3, 64, 64)
        assert one["sharp"].shape == (2, 3, 64, 64)
        assert one["moments"].shape[0] == one["flows"].shape[0] == 2
        assert one["levels"].shape == (2, 16, 16, 512)
        assert one["exposure"].shape[1:] == one["moments"].shape[2:] == (16, 16)
    assert not torch.equal(scenes[3]["blur"], scenes[4]["blur"])


def test_a_crop_larger_than_the_pictures_is_refused(tiny_set):
    with pytest.raises(sc.FileError, match="at most 64"):
        samples_of(sc.read_spike_gopro(tiny_set), 160)


def test_light_files_that_are_missing_or_damaged_are_refused(tiny_set, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(tiny_set, folder)
    pairs = sc.read_spike_gopro(folder)
    for pair in pairs:
        pair.light.write_bytes(b"damaged")
    with pytest.raises(sc.FileError, match=r"\.npy is damaged"):
        samples_of(pairs, 64)[0]
    for pair in pairs:
        np.save(pair.light, np.zeros((137, *pair.shape), np.uint8))
    with pytest.raises(sc.FileError, match=r"light in 8 bits, .* make the data set again"):
        samples_of(pairs, 64)[0]
    shutil.rmtree(folder / "train" / "light_data")
    with pytest.raises(sc.FileError, match="synth --light"):
        samples_of(sc.read_spike_gopro(folder), 64)
