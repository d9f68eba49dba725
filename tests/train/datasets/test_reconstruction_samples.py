"""Crops of moving scenes, and what networks see of them."""

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.reconstruction.window_network import read_spikes
from spikecam.train.datasets.configs import MovingSceneConfig, ReconstructionSampleConfig
from spikecam.train.datasets.moving_scenes import MovingScenes
from spikecam.train.datasets.reconstruction_samples import NetworkWindow, ReconstructionSamples

CLEAN = ReconstructionSampleConfig(white_rate=(0.4, 0.9), noise_prob=0, spurious_prob=0)


@pytest.fixture(scope="module")
def scenes(photos, tmp_path_factory):
    config = MovingSceneConfig(size=(64, 72), scene_frames=61, max_speed=0.006, scenes=2)
    paths = sorted(photos.iterdir())
    return MovingScenes(paths, config, tmp_path_factory.mktemp("scenes"), seed=1)


def samples(scenes, *, config=CLEAN, frames=41, truth_frames=(20,), margin=0, crop=32, read=None):
    read = read or (lambda stream, span: read_spikes(None, stream, span))
    window = NetworkWindow(frames, truth_frames, read, margin)
    return ReconstructionSamples(scenes, config, window, crop, 8, seed=3, length=8)


def test_each_index_is_always_the_same_sample(scenes):
    one, other = samples(scenes)[5], samples(scenes)[5]
    assert one["inputs"].shape == (41, 32, 32)
    assert one["sharp"].shape == (1, 32, 32)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["inputs"], samples(scenes)[7]["inputs"])


def test_spikes_fire_at_the_true_rate(scenes):
    """The scene hardly moves: a pixel's mean is its rate, but for one spike."""
    for index in range(4):
        sample = samples(scenes)[index]
        error = (sample["inputs"].mean(0) - sample["sharp"][0]).abs()
        assert error.median() < 1 / 41
        assert 0.4 <= sample["level"] <= 0.9
        assert sample["sharp"].max() <= sample["level"]


def test_the_truth_is_known_at_several_frames(photos, tmp_path):
    config = MovingSceneConfig(size=(64, 64), scene_frames=61, max_speed=2.0, scenes=1)
    moving = MovingScenes(sorted(photos.iterdir()), config, tmp_path, seed=4)
    first, middle, last = samples(moving, truth_frames=(0, 20, 40))[0]["sharp"]
    assert torch.equal(middle, samples(moving)[0]["sharp"][0])
    assert (first - last).abs().mean() > (first - middle).abs().mean() > 0


def test_the_margin_is_as_much_as_the_scene_has(scenes):
    spans = []

    def read(stream, span):
        spans.append((len(stream), span))
        return read_spikes(None, stream, span)

    data = samples(scenes, margin=15, read=read)
    for index in range(8):
        data[index]
    for length, (start, stop) in spans:
        assert stop - start == 41
        assert start <= 15
        assert length - stop <= 15
        # Of 61 frames, 20 lie beside the window.
        assert min(start, 15) + min(length - stop, 15) >= 15
    assert any(start < 15 for _, (start, _) in spans)


def test_crops_are_no_larger_than_the_scene(scenes):
    assert samples(scenes, crop=256)[0]["sharp"].shape == (1, 64, 64)


def test_noise_and_spurious_spikes_are_in_the_spikes_alone(scenes):
    rates = {"white_rate": (0.5, 0.5)}
    noisy = ReconstructionSampleConfig(**rates, noise_prob=1, spurious_prob=1)
    clean = ReconstructionSampleConfig(**rates, noise_prob=0, spurious_prob=0)
    one, other = (samples(scenes, config=config)[0] for config in (noisy, clean))
    assert torch.equal(one["sharp"], other["sharp"])
    assert not torch.equal(one["inputs"], other["inputs"])


@pytest.mark.parametrize(
    "wrong", [{"white_rate": (0.5, 0.1)}, {"white_rate": (0.5, 1.1)}, {"noise_prob": np.nan}]
)
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(sc.OptionError):
        ReconstructionSampleConfig(**wrong)
