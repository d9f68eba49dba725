"""SpkDeblurNet as a method, with small random weights of the user's own."""

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.deblurring.spkdeblurnet_input import spkdeblurnet_input
from spikecam.method import find_method
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig
from spikecam.networks.scflow import SCFlow
from spikecam.networks.spkdeblurnet import SpkDeblurNet

SMALL = SpkDeblurNetConfig(
    frames=12, picture_width=12, spike_width=12, picture_blocks=1, spike_blocks=1
)
CARD = sc.Card("small", "random", "none", "none", "none", "MIT", (), "of no use")


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(60, 18, 21))


@pytest.fixture
def blur():
    return np.random.default_rng(2).random((36, 42, 3)).astype(np.float32)


@pytest.fixture
def network(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    torch.manual_seed(0)
    network = SpkDeblurNet(SMALL).eval().requires_grad_(False)
    sc.save_weights(tmp_path / "spkdeblurnet.safetensors", network, CARD)
    return network


@pytest.fixture
def deblur(stream):
    def run(blur, at=30, encoding="linear", **options):
        return sc.deblur(
            blur,
            stream,
            at=at,
            exposure=(10, 50),
            method="spkdeblurnet",
            encoding=encoding,
            check_match=False,
            **options,
        )

    return run


def expected_light(network, stream, light, repeats=1):
    spikes, intervals = spkdeblurnet_input(stream, 30, SMALL)
    maps = [
        torch.from_numpy(each.repeat(repeats, 1).repeat(repeats, 2))[None].float()
        for each in (spikes, intervals)
    ]
    picture = torch.from_numpy(light).permute(2, 0, 1)[None]
    return network(picture, *maps)[0].permute(1, 2, 0).clamp(0, 1).numpy()


def test_a_picture_is_what_the_network_gives(stream, blur, network, deblur):
    sharp = deblur(blur)
    assert (sharp.shape, sharp.dtype) == ((36, 42, 3), np.float32)
    np.testing.assert_allclose(sharp, expected_light(network, stream, blur), atol=1e-5)


def test_the_network_sees_light(stream, blur, network, deblur):
    light = sc.srgb_to_linear(blur).astype(np.float32)
    expected = sc.linear_to_srgb(expected_light(network, stream, light))
    np.testing.assert_allclose(deblur(blur, encoding="srgb"), expected, atol=1e-4)


def test_spikes_are_repeated_below_a_finer_picture(stream, network, deblur):
    blur = np.random.default_rng(2).random((72, 84, 3)).astype(np.float32)
    np.testing.assert_allclose(deblur(blur), expected_light(network, stream, blur, 2), atol=1e-5)


def test_gray_pictures_and_odd_sizes_stay_as_they_are(network, deblur, blur):
    assert deblur(blur[..., 0]).shape == (36, 42)
    assert deblur(blur[:-1, :-1]).shape == (35, 41, 3)


def test_what_cannot_be_is_refused_before_work(stream, blur, network, deblur, tmp_path):
    sc.save_weights(tmp_path / "flow.safetensors", SCFlow(), CARD)
    with pytest.raises(sc.GeometryError, match=r"at least 2 times as fine .* 21x18 is not"):
        deblur(blur[::2, ::2])
    with pytest.raises(sc.RangeError, match="window of 13"):
        deblur(blur, at=5)
    with pytest.raises(sc.FileError, match="scflow, and those of spkdeblurnet are needed"):
        deblur(blur, weights="flow")
    (tmp_path / "spkdeblurnet.safetensors").unlink()
    assert not find_method("spkdeblurnet", sc.Takes.SPIKES_AND_PICTURE).has_weights
    with pytest.raises(sc.OptionError, match=r"weights import CHECKPOINT\), and keep .*spkdeblurn"):
        deblur(blur)


def test_a_picture_of_one_pixel_is_no_fault(network):
    stream = sc.SpikeStream.from_array(np.ones((20, 1, 1)))
    words = {"exposure": (5, 15), "encoding": "linear", "check_match": False}
    sharp = sc.deblur(np.full((2, 2), 0.5), stream, at=10, method="spkdeblurnet", **words)
    assert sharp.shape == (2, 2)
    assert np.isfinite(sharp).all()
