"""Networks of a window of spikes trained on moving scenes, as small as they can be."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

import spikecam as sc
from spikecam.networks.architecture import find_architecture
from spikecam.networks.configs.base import BaseConfig
from spikecam.reconstruction.window_network import WindowNetworkMethod, find_window_network
from spikecam.train.datasets.configs import MovingSceneConfig, ReconstructionSampleConfig
from spikecam.train.datasets.moving_scenes import MovingScenes
from spikecam.train.datasets.reconstruction_samples import ReconstructionSamples
from spikecam.train.engine.config import RunConfig, RunOptions
from spikecam.train.engine.job import TrainingJob
from spikecam.train.published_training import PUBLISHED_TRAININGS
from spikecam.train.recipes.reconstruction import (
    ReconstructionOptions,
    ReconstructionStage,
    network_window,
    parse_sizes,
    train_reconstruction,
)
from spikecam.weights.store import build_without_weights

SCENES = MovingSceneConfig(size=(64, 64), scene_frames=45, scenes=1)
SHORT_SCENES = MovingSceneConfig(size=(64, 64), scene_frames=21, scenes=2)
RUN = RunOptions(epochs=1, steps=1, batch=2, lr=1e-3, workers=0, device="cpu")
SMALL_BASE = ("window=9", "widths=4,4,4,4")
SMALL = {
    "base": SMALL_BASE,
    "bsf": ("short_window=13", "step=7", "width=4", "groups=1", "blocks=1"),
    "spikeclip": ("planes=3", "widths=4,4,4,4"),
    "spk2imgnet": ("width=8", "groups=2", "blocks=1"),
    "ssir": ("width=8", "narrow_width=4", "decoder_width=4", "head_width=4"),
    "ssml": ("width=4",),
    "ssml_simple": ("window=9", "width=4"),
    "stir": ("window=41", "part=15", "widths=4,4,4,4,8", "feed_forward_width=8"),
    "wgse": ("width=8", "tail_width=4", "temporal_width=4", "blocks=1"),
}


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    monkeypatch.setattr("spikecam.train.recipes.reconstruction._VAL_SAMPLES", 2)
    monkeypatch.setattr("spikecam.train.recipes.reconstruction._VAL_SCENES", 1)


@pytest.fixture(scope="module")
def scenes(photos, tmp_path_factory):
    paths = sorted(photos.iterdir())
    return MovingScenes(paths, SCENES, tmp_path_factory.mktemp("scenes"), seed=1)


def stage_and_batch(name, scenes, crop, count=2):
    """The stage of a small network, and some of its samples."""
    method, training = find_window_network(name), PUBLISHED_TRAININGS[name]
    architecture = find_architecture(method.kind)
    config = parse_sizes(architecture, SMALL[name])
    input_config = build_without_weights(architecture, config).input_config
    window = network_window(method, training, config, input_config)
    samples = ReconstructionSamples(
        scenes,
        ReconstructionSampleConfig(),
        window,
        crop,
        training.crop_unit,
        seed=1,
        length=count,
    )
    torch.manual_seed(0)
    stage = ReconstructionStage(method.kind, config, input_config, training)
    return stage, default_collate([samples[i] for i in range(count)])


def test_every_network_of_a_window_has_its_training():
    methods = [m for m in sc.all_methods(sc.Takes.SPIKES) if isinstance(m, WindowNetworkMethod)]
    assert [method.name for method in methods] == sorted(PUBLISHED_TRAININGS) == sorted(SMALL)


@pytest.mark.parametrize("name", sorted(PUBLISHED_TRAININGS))
def test_a_step_trains_every_weight(name, scenes):
    stage, batch = stage_and_batch(name, scenes, crop=16)
    run = RunConfig(epochs=1, steps=2, lr=1e-3)
    optimizer, _ = stage.optimization(run)
    loss = stage.loss(batch, torch.Generator())
    loss.backward()
    assert loss.isfinite()
    assert [n for n, p in stage.network.named_parameters() if p.grad is None] == []
    optimizer.step()
    assert stage.loss(batch, torch.Generator()) != loss
    measures, (predicted, sharp) = stage.evaluate(batch)
    assert measures["psnr"].isfinite()
    assert predicted.shape == sharp.shape == (2, 1, 16, 16)


def test_steps_lower_the_loss(scenes):
    stage, batch = stage_and_batch("base", scenes, crop=32)
    optimizer, _ = stage.optimization(RunConfig(epochs=1, steps=60, lr=3e-3))
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = stage.loss(batch, torch.Generator())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


def train(photos, folder, **options):
    chosen = {"network_config": SMALL_BASE, "crop": 32, "scenes": SHORT_SCENES, "run": RUN}
    return train_reconstruction(
        TrainingJob([photos], folder), ReconstructionOptions(**chosen | options)
    )


def test_trained_weights_make_pictures_by_the_name_of_the_method(photos, tmp_path, monkeypatch):
    result = train(photos, tmp_path / "run")
    assert result.path == tmp_path / "run" / "base.safetensors"
    assert result.measures["val/psnr"] > 0
    stream = sc.SpikeStream.from_array(np.random.default_rng(1).random((20, 18, 21)) < 0.3)
    picture = sc.reconstruct(stream, 10, "base", weights=result.path)
    assert picture.shape == (18, 21)
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path / "run"))
    # Those that ship go before the user's own.
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", tmp_path / "none")
    assert np.array_equal(sc.reconstruct(stream, 10, "base"), picture)
    info = sc.read_weights_info(result.path)
    assert info.config == BaseConfig(window=9, widths=(4, 4, 4, 4))
    assert info.card.data.endswith(": 2 scenes")


def test_training_goes_on_from_weights_with_their_size(photos, tmp_path):
    first = train(photos, tmp_path / "first").path
    second = train(photos, tmp_path / "second", weights=str(first), network_config=(), cosine=True)
    assert sc.read_weights_info(second.path).config == sc.read_weights_info(first).config
    with pytest.raises(sc.OptionError, match="another size"):
        train(photos, tmp_path / "third", weights=str(first), network_config=("window=11",))


def test_without_options_all_is_as_published():
    options = ReconstructionOptions(network="SSIR")
    assert options.run_config == RunConfig(epochs=80, steps=1000, batch=8, lr=4e-4)
    changed = ReconstructionOptions(network="ssir", run=RunOptions(lr=1e-3, workers=0), crop=64)
    assert changed.run_config == RunConfig(epochs=80, steps=1000, batch=8, lr=1e-3, workers=0)
    assert (options.training.crop, changed.training.crop) == (96, 64)


@pytest.mark.parametrize(
    ("name", "rates"),
    [("base", [1, 1, 0.2]), ("ssml", [1, 0.75, 0.25]), ("spk2imgnet", [1, 0.1, 0.1])],
)
def test_the_schedule_is_the_published_one_for_any_number_of_epochs(name, rates, scenes):
    stage, _ = stage_and_batch(name, scenes, crop=16)
    optimizer, schedule = stage.optimization(RunConfig(epochs=3, steps=4, lr=1))
    seen = []
    for _ in range(3):
        seen.append(optimizer.param_groups[0]["lr"])
        for _ in range(4):
            optimizer.step()
            schedule.step()
    assert seen == pytest.approx(rates)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenes": MovingSceneConfig(size=(64, 64), scene_frames=8)}, "sees 9 frames, .* have 8"),
        ({"network_config": ("depth=3",)}, "depth=3 is no size of base; sizes are window, widths"),
        ({"network_config": ("window=nine",)}, "window=nine is no size"),
        ({"network_config": ("window=9,9",)}, "window=9,9 is no size"),
        ({"network_config": ("window=0",)}, "window"),
        ({"network": "ssml", "network_config": ("blind=0",)}, "blind=0 is no size of ssml"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_work(photos, tmp_path, options, message):
    with pytest.raises(sc.OptionError, match=message):
        train(photos, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_ssml_needs_its_blind_network(photos, tmp_path):
    architecture = find_architecture("ssml_simple")
    network = architecture.load_class()(architecture.config(window=9, width=4, blind=False))
    path = tmp_path / "half.safetensors"
    sc.save_weights(path, network, sc.Card("test", "", "", "", "", "", (), ""))
    with pytest.raises(sc.OptionError, match="has no blind network"):
        train(photos, tmp_path / "run", network="ssml_simple", network_config=(), weights=str(path))
