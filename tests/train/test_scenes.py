import pytest
import torch

import spikecam as sc
from spikecam.train.scenes import SceneConfig, Scenes


def test_a_number_is_always_the_same_sample(tiny_set):
    pairs = sc.read_spike_gopro(tiny_set)
    config = SceneConfig(crop=64, frames=2, scales=0.5, noise=0.5, patterned=0.5)
    scenes = Scenes(pairs, config, seed=0, length=100)
    again = Scenes(pairs, config, seed=0, length=100)
    for number in (7, 3):
        one, other = scenes[number], again[number]
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert one["blur"].shape == (3, 64, 64)
        assert one["sharp"].shape == (2, 3, 64, 64)
        assert one["moments"].shape[0] == one["ways"].shape[0] == 2
        assert one["trails"].shape == (2, 16, 16, 512)
        assert one["exposure"].shape[1:] == one["moments"].shape[2:] == (16, 16)
    assert not torch.equal(scenes[3]["blur"], scenes[4]["blur"])


def test_a_crop_larger_than_the_pictures_is_refused(tiny_set):
    with pytest.raises(sc.FileError, match="at most 64"):
        Scenes(sc.read_spike_gopro(tiny_set), SceneConfig(), seed=0, length=1)


def test_films_that_are_missing_or_damaged_are_refused(tiny_set, tmp_path):
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(tiny_set, folder)
    pairs = sc.read_spike_gopro(folder)
    for pair in pairs:
        pair.light.write_bytes(b"damaged")
    with pytest.raises(sc.FileError, match=r"\.npy is damaged"):
        Scenes(pairs, SceneConfig(crop=64), seed=0, length=1)[0]
    shutil.rmtree(folder / "train" / "light_data")
    with pytest.raises(sc.FileError, match="synth --light"):
        Scenes(sc.read_spike_gopro(folder), SceneConfig(crop=64), seed=0, length=1)
