"""Every recipe trains two steps on a GPU, where there is one."""

from dataclasses import fields, is_dataclass, replace

import pytest

import spikecam as sc
from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.networks.configs.spikegen import SpikeGenConfig
from spikecam.train.datasets.configs import DefocusConfig, FusionSampleConfig, MovingSceneConfig
from spikecam.train.engine.job import TrainingJob
from spikecam.train.recipe import find_recipe

pytestmark = pytest.mark.gpu

SPIKEGEN = SpikeGenConfig(
    width=16,
    depth=1,
    decoder_depth=1,
    heads=2,
    spike_channels=(2, 3, 8),
    head_width=12,
    detail_width=4,
)
REFOCUSER = RefocuserConfig(
    width=8, middle_width=8, deep_width=8, blocks=1, deep_blocks=1, score_blocks=1
)


def small(options, **values):
    """Options with these values, in whichever group a setting is."""
    changes = {}
    for one in fields(options):
        value = getattr(options, one.name)
        if one.name in values:
            changes[one.name] = values[one.name]
        elif is_dataclass(value):
            changes[one.name] = small(value, **values)
    return replace(options, **changes)


@pytest.fixture
def two_steps(device, tmp_path):
    def train(name, source, **values):
        recipe = find_recipe(name)
        run = {"epochs": 2, "steps": 1, "batch": 2, "workers": 0, "device": device}
        out = tmp_path / ("adapted.safetensors" if name == "adaptation" else "run")
        result = recipe.run(TrainingJob([source], out), small(recipe.options(), **run, **values))
        assert result.path.exists()
        assert all(abs(value) < 1e6 for value in result.measures.values())
        return result

    return train


def test_bsn(two_steps, tiny_set):
    two_steps("bsn", tiny_set, crop=16)


def test_edsr(two_steps, tiny_set):
    two_steps("edsr", tiny_set, crop=16, blocks=1)


def test_ldn(two_steps, tiny_set):
    two_steps("ldn", tiny_set, crop=16)


def test_refined(two_steps, tiny_set):
    two_steps("refined", tiny_set, crop=64)


def test_defocus(two_steps, photos):
    samples = DefocusConfig(crop=64, window=(25, 51))
    two_steps("defocus", photos, samples=samples, network=REFOCUSER)


def test_fusion(two_steps, photos, monkeypatch):
    monkeypatch.setattr("spikecam.train.recipes.fusion._VAL_MOMENTS", 2)
    scenes = MovingSceneConfig(size=(64, 64), scene_frames=21, scenes=1)
    samples = FusionSampleConfig(crop=64, moments=2)
    two_steps("fusion", photos, scenes=scenes, samples=samples)


def test_reconstruction(two_steps, photos, monkeypatch):
    monkeypatch.setattr("spikecam.train.recipes.reconstruction._VAL_SAMPLES", 2)
    monkeypatch.setattr("spikecam.train.recipes.reconstruction._VAL_SCENES", 1)
    scenes = MovingSceneConfig(size=(64, 64), scene_frames=45, scenes=1)
    two_steps("reconstruction", photos, network="spk2imgnet", crop=16, scenes=scenes)


def test_autoencoder(two_steps, smooth_photos):
    two_steps("autoencoder", smooth_photos, crop=64)


def test_spikegen(two_steps, codec, cache):
    two_steps("spikegen", cache, autoencoder=str(codec), network=SPIKEGEN)


def test_latents(two_steps, smooth_photos, codec):
    two_steps("latents", smooth_photos, autoencoder=str(codec), crop=64, crops_per_picture=1)


def test_spikegen_tuned(two_steps, tiny_set, codec):
    options = {"frames": 8, "crop": 64, "alignment_weight": 0.1}
    two_steps("spikegen-tuned", tiny_set, autoencoder=str(codec), network=SPIKEGEN, **options)


def test_adaptation(two_steps, captures):
    """Two steps of next to nothing do not help: the result is refused, but it is one."""
    with pytest.raises(sc.SpikecamError, match="adapting did not help"):
        two_steps("adaptation", captures, scenes=4, lr=1e-9)
