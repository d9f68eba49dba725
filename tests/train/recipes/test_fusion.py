"""Runs on moving scenes, as small as they can be, and pictures by what they train."""

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.fusion import QUICK_FUSION_INPUT, FusionConfig, FusionInputConfig
from spikecam.networks.fusion import Fusion
from spikecam.train.datasets.configs import FusionSampleConfig, MovingSceneConfig
from spikecam.train.datasets.fusion_samples import FusionSamples
from spikecam.train.datasets.moving_scenes import MovingScenes
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob
from spikecam.train.engine.module import StageModule
from spikecam.train.recipes.fusion import FusionOptions, train_fusion

SCENES = MovingSceneConfig(size=(64, 72), scene_frames=41, scenes=2)
SAMPLES = FusionSampleConfig(crop=64, moments=3)
SIZE = FusionConfig(width=8, deep_width=8, blocks=2, deep_blocks=1)
RUN = RunConfig(epochs=2, steps=2, batch=2, lr=1e-3, workers=0, device="cpu")


@pytest.fixture(autouse=True)
def _few_moments(monkeypatch):
    monkeypatch.setattr("spikecam.train.recipes.fusion._VAL_MOMENTS", 2)
    monkeypatch.setattr("spikecam.train.recipes.fusion._VAL_SCENES", 1)


def train(photos, folder, **options):
    chosen = {"scenes": SCENES, "samples": SAMPLES, "run": RUN, "network": SIZE} | options
    return train_fusion(TrainingJob([photos], folder), FusionOptions(**chosen)).path


@pytest.fixture(scope="module")
def scenes(photos, tmp_path_factory):
    paths = sorted(photos.iterdir())
    return MovingScenes(paths, SCENES, tmp_path_factory.mktemp("scenes"), seed=1)


def test_a_scene_moves_and_is_kept(scenes):
    light = scenes.light(0)
    assert light.shape == (41, 64, 72)
    assert light.dtype == np.uint16
    assert not np.array_equal(light[0], light[-1])
    path = scenes.folder / "00000.npy"
    before = path.stat().st_mtime_ns
    assert np.array_equal(scenes.light(0), light)
    assert path.stat().st_mtime_ns == before
    other = MovingScenes(scenes.paths, SCENES, scenes.folder / "again", seed=1)
    assert np.array_equal(other.light(0), light)


def test_samples_are_what_the_network_takes(scenes, tmp_path):
    samples = FusionSamples(scenes, SAMPLES, tmp_path, seed=1, length=8)
    sample = samples[4]
    inputs = FusionInputConfig()
    assert sample["pictures"].shape == (inputs.pictures, 64, 64)
    assert sample["maps"].shape == (FusionConfig().maps, 32, 32)
    assert sample["sharp"].shape == (1, 64, 64)
    assert all(torch.isfinite(values).all() for values in sample.values())
    assert (tmp_path / "000001.npz").exists()
    again = FusionSamples(scenes, SAMPLES, tmp_path, seed=1, length=8)[4]
    assert all(torch.equal(sample[name], again[name]) for name in sample)


def test_the_blur_of_the_lens_is_an_input_and_not_in_the_truth(scenes, tmp_path):
    plain = {"white_rate": (0.6, 0.6), "noise_prob": 0, "spurious_prob": 0, "fpn_prob": 0}
    samples = [
        FusionSamples(
            scenes,
            FusionSampleConfig(
                crop=64, moments=1, lens_blur=(0.6, 0.6), lens_blur_prob=share, **plain
            ),
            tmp_path / str(share),
            seed=2,
            length=1,
        )[0]
        for share in (0, 1)
    ]
    assert [float(sample["maps"][-1].mean()) for sample in samples] == pytest.approx(
        [0, 0.6], abs=1e-3
    )
    assert torch.allclose(samples[0]["sharp"], samples[1]["sharp"], rtol=0.1)
    edges = [
        sample["pictures"][FusionInputConfig().mean_picture].diff().std() for sample in samples
    ]
    assert edges[1] < 0.95 * edges[0]


def test_estimates_are_near_the_truth(scenes, tmp_path):
    plain = FusionSampleConfig(
        crop=64,
        white_rate=(0.6, 0.6),
        noise_prob=0,
        spurious_prob=0,
        fpn_prob=0,
        lens_blur_prob=0,
        moments=1,
    )
    sample = FusionSamples(scenes, plain, tmp_path, seed=2, length=1)[0]
    errors = (sample["pictures"] - sample["sharp"]).abs().mean((1, 2)) / sample["level"]
    # All but the shortest windows.
    assert errors[3:].max() < 0.2


def test_untrained_it_gives_the_mean_of_the_estimates():
    network = Fusion(SIZE).eval()
    pictures, maps = torch.rand(2, 17, 24, 32), torch.rand(2, 6, 12, 16)
    with torch.no_grad():
        assert torch.allclose(network(pictures, maps), pictures.mean(1, keepdim=True), atol=1e-5)


def test_the_receptive_radius_is_as_stated():
    network = Fusion(SIZE).eval()
    for values in network.parameters():
        torch.nn.init.normal_(values, std=0.3)
    pictures = torch.rand(1, 17, 96, 96, requires_grad=True)
    network(pictures, torch.rand(1, 6, 48, 48))[0, 0, 48, 48].backward()
    rows = pictures.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert rows.min() >= 48 - network.receptive_radius
    assert rows.max() <= 48 + network.receptive_radius


def test_another_number_of_estimates_is_refused():
    with pytest.raises(sc.OptionError, match="weighs 3 pictures"):
        Fusion(FusionConfig(pictures=3))


def test_a_run_resumes_to_the_same_weights(photos, tmp_path):
    def state(path):
        return sc.load_weights(path, "fusion")[0].state_dict()

    whole = state(train(photos, tmp_path / "whole"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StageModule, "on_train_epoch_start", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(photos, tmp_path / "cut")
    cut = state(train(photos, tmp_path / "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def stopped(module):
    if module.current_epoch == 1:
        raise KeyboardInterrupt


def test_trained_weights_make_pictures(photos, tmp_path):
    path = train(photos, tmp_path / "run", run=RunConfig(1, steps=1, batch=1, workers=0))
    light = np.repeat(np.random.default_rng(1).uniform(0.1, 0.9, (1, 70, 75)), 60, 0)
    stream = sc.simulate(light.astype(np.float32), sc.Sensor(), seed=1)
    pictures = sc.reconstruct(stream, frames=[20, 31], method="fusion", weights=path)
    assert pictures.shape == (2, 70, 75)
    assert np.array_equal(pictures[1], sc.reconstruct(stream, 31, "fusion", weights=path))
    sharper = sc.reconstruct(stream, 31, "fusion", weights=path, lens_blur=0.5)
    assert not np.array_equal(pictures[1], sharper)
    with pytest.raises(sc.OptionError, match=r"from 0 to 0\.65, not 2"):
        sc.reconstruct(stream, 31, "fusion", weights=path, lens_blur=2)
    whole = sc.reconstruct(stream, 31, "fusion", weights=path, tile=64)
    assert np.abs(whole - pictures[1]).max() < 1e-3


def test_the_quick_input_has_no_least_squares(photos, tmp_path):
    path = train(
        photos, tmp_path / "run", quick_input=True, run=RunConfig(1, steps=1, batch=1, workers=0)
    )
    info = sc.read_weights_info(path)
    assert info.input_config == QUICK_FUSION_INPUT
    assert (info.config.pictures, info.config.maps) == (11, 5)
    light = np.full((60, 40, 40), 0.4, np.float32)
    stream = sc.simulate(light, sc.Sensor(), seed=1)
    picture = sc.reconstruct(stream, 31, "fusion", weights=path)
    assert picture.mean() == pytest.approx(0.4, abs=0.05)
    further = train(
        photos,
        tmp_path / "further",
        weights=str(path),
        network=FusionConfig(),
        run=RunConfig(1, steps=1, batch=1, workers=0),
    )
    assert sc.read_weights_info(further).input_config == QUICK_FUSION_INPUT
    with pytest.raises(sc.OptionError, match="leave --quick-input out"):
        FusionOptions(weights="fusion", quick_input=True)


def test_options_that_cannot_be_are_refused():
    for wrong in ({"size": (60, 64)}, {"scene_frames": 1}, {"max_speed": 0}, {"scenes": 0}):
        with pytest.raises(sc.OptionError):
            MovingSceneConfig(**wrong)
    for wrong in ({"crop": 60}, {"white_rate": (0.5, 0.1)}, {"moments": 0}, {"lens_blur": (1, 0)}):
        with pytest.raises(sc.OptionError):
            FusionSampleConfig(**wrong)
    for wrong in ({"windows": (2, 4)}, {"min_rate": 0}, {"group_edges": (8, 3)}):
        with pytest.raises(sc.OptionError):
            FusionInputConfig(**wrong)
