"""SCFlow as a method, with small random weights of the user's own."""

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.method import find_method
from spikecam.networks.configs.scflow import SCFlowConfig, SCFlowInputConfig
from spikecam.networks.lrn import LRN
from spikecam.networks.scflow import SCFlow, propagate_flow
from spikecam.optical_flow.steps import compose_flows

SMALL = SCFlowConfig(
    window=5, representation_width=4, widths=(4, 6), reduced_width=3, estimator_widths=(4,)
)
CARD = sc.Card("small", "random", "none", "none", "none", "MIT", (), "of no use")


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(60, 18, 21))


@pytest.fixture
def network(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    torch.manual_seed(0)
    network = SCFlow(SMALL, SCFlowInputConfig(spacing=10)).eval().requires_grad_(False)
    sc.save_weights(tmp_path / "scflow.safetensors", network, CARD)
    return network


def window(stream, frame):
    return torch.from_numpy(np.asarray(stream[frame - 2 : frame + 3], np.float32))[None]


def as_field(flow):
    return flow[0].permute(1, 2, 0).numpy()


def test_flow_over_the_spacing_is_what_the_network_gives(stream, network):
    expected = as_field(network(window(stream, 20), window(stream, 30)))
    np.testing.assert_allclose(sc.flow(stream, 20, 30, "scflow"), expected, atol=1e-5)


def test_further_frames_are_led_to_in_steps_that_begin_with_the_flow_before(stream, network):
    first = network(window(stream, 20), window(stream, 30))
    second = network(window(stream, 30), window(stream, 40), propagate_flow(first))
    expected = compose_flows(as_field(first), as_field(second))
    np.testing.assert_allclose(sc.flow(stream, 20, 40, "scflow"), expected, atol=1e-4)
    # Of weights for another spacing one step is enough.
    expected = as_field(network(window(stream, 20), window(stream, 40), None, 20))
    np.testing.assert_allclose(sc.flow(stream, 20, 40, "scflow", spacing=20), expected, atol=1e-5)


def test_the_spacing_is_that_of_the_weights(stream, network, tmp_path):
    wide = SCFlow(SMALL, SCFlowInputConfig(spacing=20)).eval().requires_grad_(False)
    wide.load_state_dict(network.state_dict())
    sc.save_weights(tmp_path / "wide.safetensors", wide, CARD)
    expected = as_field(wide(window(stream, 20), window(stream, 40)))
    one_step = sc.flow(stream, 20, 40, "scflow", weights="wide")
    np.testing.assert_allclose(one_step, expected, atol=1e-5)
    assert not np.allclose(one_step, sc.flow(stream, 20, 40, "scflow"), atol=1e-3)
    two_steps = sc.flow(stream, 20, 40, "scflow", weights="wide", spacing=10)
    np.testing.assert_array_equal(two_steps, sc.flow(stream, 20, 40, "scflow"))


def test_earlier_frames_are_seen_in_reverse(stream, network):
    reverse = sc.SpikeStream.from_array(np.asarray(stream)[::-1])
    forward = sc.flow(reverse, 29, 39, "scflow")
    np.testing.assert_allclose(sc.flow(stream, 30, 20, "scflow"), forward, atol=1e-5)


def test_weights_that_are_missing_say_how_to_get_them(stream, monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    assert not find_method("scflow", sc.Takes.SPIKES_AT_TWO_FRAMES).has_weights
    with pytest.raises(sc.OptionError, match=r"weights import CHECKPOINT\), and keep .*scflow"):
        sc.flow(stream, 20, 30, "scflow")


def test_what_cannot_be_is_refused_before_work(stream, network, tmp_path):
    sc.save_weights(tmp_path / "lrn.safetensors", LRN(), CARD)
    with pytest.raises(sc.RangeError, match="window of 5"):
        sc.flow(stream, 1, 30, "scflow")
    with pytest.raises(sc.RangeError, match="window of 5"):
        sc.flow(stream[:4], 1, 2, "scflow")
    with pytest.raises(sc.FileError, match="weights of lrn, and those of scflow are needed"):
        sc.flow(stream, 20, 30, "scflow", weights="lrn")
    with pytest.raises(sc.OptionError, match="spacing is at least 1"):
        sc.flow(stream, 20, 30, "scflow", spacing=0)
    with pytest.raises(sc.OptionError, match="both are frame 20"):
        sc.flow(stream, 20, 20, "scflow")


def test_released_weights_follow_a_moving_picture(released_scflow, data):
    stream = sc.open(data / "reds_spikes" / "200_part1_key_id151.dat", shape=(250, 400))
    part = stream.crop((80, 176), (150, 246))
    ours, theirs = (
        sc.flow(part, 140, 150, method, **options)
        for method, options in (("paths", {}), ("scflow", {"weights": released_scflow}))
    )
    assert np.median(np.hypot(*np.moveaxis(ours - theirs, 2, 0))) < 0.5


@pytest.fixture
def released_scflow(data, tmp_path):
    checkpoint = data.parent / "parity" / "zoo" / "released" / "dt10_e40.pth.tar"
    if not checkpoint.is_file():
        pytest.skip(f"no {checkpoint}")
    sc.import_weights(checkpoint, tmp_path / "released.safetensors")
    return tmp_path / "released.safetensors"
