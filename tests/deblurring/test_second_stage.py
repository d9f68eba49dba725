"""Second stages after a reconstruction, with small random weights of the user's own."""

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.deblurring.photo_deblurrer import PhotoDeblurrer
from spikecam.deblurring.second_stage import second_stage_kinds
from spikecam.networks.architecture import find_architecture
from spikecam.networks.configs.gkmnet import GKMNetConfig
from spikecam.networks.configs.mimounet import MIMOUNetConfig
from spikecam.networks.configs.nrknet import NRKNetConfig
from spikecam.networks.scflow import SCFlow
from spikecam.tiles import picture_to_tensor

SMALL = {
    "gkmnet": GKMNetConfig(width=4, kernels=3),
    "mimounet": MIMOUNetConfig(width=16, blocks=1),
    "nrknet": NRKNetConfig(width=4, kernels=2),
}
CARD = sc.Card("small", "random", "none", "none", "none", "MIT", (), "of no use")
TILED = ["mimounet", "nrknet"]


@pytest.fixture
def with_weights(monkeypatch, tmp_path):
    """Make small random weights of a network in the user's folder."""
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()

    def make(kind, name=None):
        torch.manual_seed(0)
        network = find_architecture(kind).load_class()(SMALL[kind]).eval().requires_grad_(False)
        sc.save_weights(tmp_path / "weights" / f"{name or kind}.safetensors", network, CARD)
        return network

    return make


def test_every_network_of_a_photograph_alone_is_one():
    assert second_stage_kinds() == tuple(sorted(SMALL))


@pytest.mark.parametrize("kind", sorted(SMALL))
@pytest.mark.parametrize("size", [(37, 50), (1, 1)])
def test_it_gives_what_the_network_gives_of_any_size(with_weights, kind, size):
    network = with_weights(kind)
    stage = sc.second_stage(kind)
    picture = np.random.default_rng(0).random(size).astype(np.float32)
    sharp = stage(picture)
    expected = network(picture_to_tensor(picture))[0].clamp(0, 1).mean(dim=0).numpy()
    assert (sharp.shape, sharp.dtype) == (size, np.float32)
    np.testing.assert_allclose(sharp, expected, atol=1e-5)
    colour = np.random.default_rng(0).random((*size, 3))
    assert stage(colour).shape == (*size, 3)


@pytest.mark.parametrize("kind", TILED)
def test_parts_have_no_seams(with_weights, kind):
    network = with_weights(kind)
    side = 2 * network.receptive_radius + 200
    picture = np.random.default_rng(0).random((44, side)).astype(np.float32)
    parts, whole = (PhotoDeblurrer(network, tile=tile)(picture) for tile in (72, None))
    np.testing.assert_allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize("kind", TILED)
def test_pixels_beyond_the_receptive_radius_have_no_effect(with_weights, kind):
    network = with_weights(kind)
    radius = network.receptive_radius
    picture = torch.rand(1, 3, 32, 2 * radius + 64, generator=torch.Generator().manual_seed(0))
    other = picture.clone()
    other[..., : radius + 16] = 1 - other[..., : radius + 16]
    difference = (network(picture) - network(other)).abs().amax(dim=(0, 1, 2))
    assert difference[2 * radius + 16 :].max() < 1e-6
    assert difference[: radius + 16].max() > 1e-2


def test_a_reconstruction_is_deblurred_as_it_is_shown(with_weights, spikes):
    with_weights("mimounet")
    stream = sc.SpikeStream.from_array(spikes(60, 18, 21))
    stage, rates = sc.second_stage("mimounet"), sc.reconstruct(stream, 30, "tfi")

    def made(**values):
        request = sc.ReconstructRequest(stream, "tfi", at=30, then="mimounet", **values)
        ((_, picture),) = request.check().run()
        return picture

    assert np.array_equal(made(), stage(rates))
    stretched = sc.stretch_for_display(rates, gamma=2)
    np.testing.assert_allclose(made(stretch=(1, 99), gamma=2), stage(stretched), atol=1e-6)


def test_commands_take_names_and_files(with_weights, spikecam, tmp_path, spikes):
    with_weights("gkmnet", "mine")
    sc.save(tmp_path / "a.dat", sc.SpikeStream.from_array(spikes(60, 18, 21)))
    for number, then in enumerate(("mine", tmp_path / "weights" / "mine.safetensors")):
        out = tmp_path / f"{number}.png"
        ended = spikecam("reconstruct", tmp_path / "a.dat", "--then", then, "-o", out)
        assert ended.code == 0, ended.err
        assert sc.read_picture(out).shape == (18, 21)
    said = spikecam("weights", "list").out
    assert "reconstruct --then gkmnet" in said


def test_what_cannot_be_is_refused_before_work(with_weights, tmp_path, spikes):
    with_weights("nrknet")
    with_weights("gkmnet", "mimounet")
    sc.save_weights(tmp_path / "weights" / "flow.safetensors", SCFlow(), CARD)
    stream = sc.SpikeStream.from_array(spikes(60, 18, 21))
    for then, error, words in (
        ("gkmnet", sc.OptionError, r"weights import CHECKPOINT\), and keep .*gkmnet"),
        ("mimounet", sc.FileError, "weights of gkmnet, and those of mimounet are needed"),
        ("flow", sc.FileError, "scflow, and those of gkmnet or mimounet or nrknet are needed"),
        ("edi", sc.OptionError, "no weights are called 'edi'"),
        ("none.safetensors", sc.FileError, "does not exist"),
    ):
        with pytest.raises(error, match=words):
            sc.ReconstructRequest(stream, then=then).check()
        with pytest.raises(error, match=words):
            sc.second_stage(then)
    with pytest.raises(sc.OptionError, match="at least 64"):
        sc.second_stage("nrknet", tile=32)
