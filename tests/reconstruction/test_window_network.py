"""Methods by networks that others published, with small weights of the user's own."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.method import find_method
from spikecam.networks.architecture import find_architecture
from spikecam.networks.batch_norm import BatchNorm
from spikecam.networks.spk2imgnet import Spk2ImgNet
from spikecam.reconstruction.methods.bsf import read_interval_maps
from spikecam.reconstruction.window_inference import WindowInference
from spikecam.reconstruction.window_network import count_frames, find_window_network

# Sizes that make a picture of a few frames in no time; the window is that of the sizes.
SMALL = {
    "base": {"window": 9, "widths": (4, 4, 4, 4)},
    "bsf": {"short_window": 13, "step": 7, "width": 4, "groups": 1, "blocks": 1},
    "spikeclip": {"planes": 3, "widths": (4, 4, 4, 4)},
    "spk2imgnet": {"width": 8, "groups": 2, "blocks": 1},
    "ssir": {"window": 9},
    "ssml": {"window": 41, "width": 4},
    "ssml_simple": {"window": 9, "width": 4},
    "stir": {"window": 41, "part": 15},
    "wgse": {"window": 41, "width": 8, "tail_width": 4, "temporal_width": 4, "blocks": 1},
}
METHODS = sorted(SMALL)


@pytest.fixture
def stream():
    return sc.SpikeStream.from_array(np.random.default_rng(1).random((120, 18, 21)) < 0.3)


@pytest.fixture
def with_weights(monkeypatch, tmp_path, card):
    """Make small random weights of a method's network in the user's folder; none ship."""
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", tmp_path / "none")

    def make(name, **sizes):
        (kind,) = find_method(name, sc.Takes.SPIKES).networks
        architecture = find_architecture(kind)
        torch.manual_seed(0)
        config = replace(architecture.config(), **{**SMALL[name], **sizes})
        network = architecture.load_class()(config)
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                # Else hardly a spiking neuron fires.
                torch.nn.init.uniform_(layer.weight, 5, 20)
        sc.save_weights(tmp_path / f"{kind}.safetensors", network, card)
        return network.eval().requires_grad_(False)

    return make


@pytest.fixture
def card():
    return sc.Card("small", "random", "none", "none", "none", "MIT", (), "of no use")


def same(picture, expected):
    """Whether two pictures are the same but for bfloat16, in which some processors compute."""
    return np.allclose(picture, expected, rtol=0.02, atol=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_pictures_are_firing_rates_of_any_size(name, stream, with_weights):
    with_weights(name)
    pictures = sc.reconstruct(stream, frames=[60, 61], method=name)
    assert pictures.shape == (2, 18, 21)
    assert pictures.dtype == np.float32
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert np.array_equal(pictures[1], sc.reconstruct(stream, 61, name))


def test_a_picture_is_what_the_network_gives_times_the_scale(stream, with_weights):
    network = with_weights("base")
    window = torch.from_numpy(np.asarray(stream[56:65], np.float32))[None]
    expected = np.clip(network(window)[0, 0].numpy() * 0.6, 0, 1)
    assert same(sc.reconstruct(stream, 60, "base", scale=0.6), expected)


def output(name, network, frames, tile=None):
    """What the network gives of the frame in the middle, as it is."""
    stream, method = sc.SpikeStream.from_array(frames), find_window_network(name)
    count = count_frames(network.config, network.input_config)
    inference = WindowInference(network, stream, count, method.read_input, tile=tile)
    return next(inference.iter_outputs([len(stream) // 2])), len(inference.tiles)


@pytest.mark.parametrize("name", sorted(set(SMALL) - {"ssml", "stir"}))
def test_tiles_have_no_seams(name, with_weights):
    network = with_weights(name)
    # The last parts are narrow, and end at odd pixels.
    frames = np.random.default_rng(2).random((120, 66, 149)) < 0.3
    whole, count = output(name, network, frames)
    assert count == 1
    tiled, count = output(name, network, frames, 64)
    assert count > 2
    assert np.ptp(whole) > 0.01
    np.testing.assert_allclose(tiled, whole, atol=1e-5 * np.abs(whole).max())


@pytest.mark.parametrize("name", sorted(set(SMALL) - {"ssml", "stir"}))
def test_pixels_beyond_the_receptive_radius_have_no_effect(name, with_weights):
    network = with_weights(name)
    radius = network.receptive_radius
    frames = np.random.default_rng(3).random((120, 16, 2 * radius + 48)) < 0.3
    other = frames.copy()
    other[:, :, : radius + 24] ^= True
    difference = np.abs(output(name, network, frames)[0] - output(name, network, other)[0]).max(0)
    assert difference[2 * radius + 24 :].max() < 1e-6
    assert difference[: radius + 24].max() > 1e-4


@pytest.mark.parametrize("name", ["ssml", "stir"])
def test_what_sees_the_whole_picture_takes_no_tile(name, stream, with_weights):
    with_weights(name)
    with pytest.raises(sc.OptionError, match="sees the whole picture at once; leave the tile out"):
        sc.reconstruct(stream, 60, name, tile=64)


def test_a_tile_is_checked_before_work(stream, with_weights):
    with_weights("base")
    with pytest.raises(sc.OptionError, match="at least 64"):
        sc.reconstruct_frames(stream, "base", tile=8)


@pytest.mark.parametrize("frames", [range(30, 60), [60, 32, 39, 39, 46, 31]])
@pytest.mark.parametrize("tile", [None, 64])
def test_features_that_pictures_share_change_nothing(frames, tile, stream, with_weights):
    network = with_weights("spk2imgnet")
    pictures = sc.reconstruct_frames(stream, "spk2imgnet", frames=frames, tile=tile)
    for frame, picture in zip(frames, pictures, strict=True):
        window = torch.from_numpy(np.asarray(stream[frame - 20 : frame + 21], np.float32))[None]
        expected = np.clip(network(window)[0, 0].numpy(), 0, 1)
        np.testing.assert_allclose(picture, expected, atol=2e-6)


def test_windows_that_pictures_share_are_encoded_once(stream, with_weights, monkeypatch):
    with_weights("spk2imgnet")
    encode, count = Spk2ImgNet.encode_window, []
    monkeypatch.setattr(Spk2ImgNet, "encode_window", lambda *args: count.append(1) or encode(*args))
    frames = range(30, 60)
    assert len(sc.reconstruct(stream, frames=frames, method="spk2imgnet")) == 30
    # One for each frame at which one begins, of 30 frames and four steps of 7.
    assert len(count) == 30 + 4 * 7


def test_spikeclip_takes_frames_before_and_from_the_middle_on(stream, with_weights):
    network = with_weights("spikeclip")
    sums = torch.from_numpy(np.asarray(stream[54:66], np.float32)).reshape(1, 3, 4, 18, 21).sum(2)
    expected = np.clip(network(sums)[0, 0].numpy(), 0, 1)
    assert same(sc.reconstruct(stream, 60, "spikeclip"), expected)


def test_intervals_are_searched_for_around_the_window(stream, with_weights):
    network = with_weights("bsf", short_window=21, step=10)
    assert network.input_config.margin == 100
    whole = read_interval_maps(network.input_config, stream, (30, 91))
    alone = read_interval_maps(network.input_config, stream[30:91], (0, 61))
    assert whole.shape == alone.shape == (1, 4, 61, 18, 21)
    assert not torch.equal(whole, alone)
    assert torch.equal(whole[:, :, 20:40], alone[:, :, 20:40])


def test_weights_that_are_missing_say_how_to_get_them(stream, monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    assert not find_method("wgse", sc.Takes.SPIKES).has_weights
    with pytest.raises(
        sc.OptionError, match=r"weights import CHECKPOINT\), and keep .*wgse\.safetensors"
    ):
        sc.reconstruct(stream, 60, "wgse")


def test_what_cannot_be_is_refused_before_work(stream, with_weights):
    with_weights("base")
    with_weights("ssir")
    with pytest.raises(sc.RangeError, match="window of 9"):
        sc.reconstruct(stream, 2, "base")
    with pytest.raises(sc.FileError, match="weights of ssir"):
        sc.reconstruct(stream, 60, "base", weights="ssir")
    with pytest.raises(sc.OptionError, match="above 0"):
        sc.reconstruct(stream, 60, "base", scale=0)
