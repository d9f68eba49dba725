from dataclasses import replace

import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.ssml import SSMLConfig
from spikecam.networks.ssml import SSML
from spikecam.networks.ssml_motion import interval_rates
from spikecam.weights.published import convert_published

SMALL = SSMLConfig(
    window=9, width=4, motion_windows=(3, 5, 9), motion_width=3, gate_width=2, interval_reach=4
)


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/ssml_zoo")
    both = {f"{part}.{name}": values for part in ("nbsn", "bsn") for name, values in state.items()}
    architecture, config, weights = convert_published(both)
    assert (architecture.kind, config) == ("ssml", SSMLConfig())
    network = SSML()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.nonblind.parameters()) == 1_192_287
    spikes = held["input.0"].float()
    assert agree(interval_rates(spikes, config.interval_reach), held["output.tfi"])
    assert agree(network.nonblind.motion(spikes), held["output.motion"])
    assert agree(network(spikes), held["output"])
    assert agree(network.blind(spikes), held["output.blind"])


@torch.no_grad()
@pytest.mark.parametrize("size", [(9, 14), (8, 7), (1, 30)])
def test_any_picture_keeps_its_size(size):
    network = SSML(SMALL)
    spikes = (torch.rand(2, 9, *size) < 0.4).float()
    assert network(spikes).shape == network.blind(spikes).shape == (2, 1, *size)


def test_no_pixel_of_the_blind_network_sees_itself():
    torch.manual_seed(0)
    network = SSML(SMALL).double()
    spikes = torch.rand(1, 9, 8, 8, dtype=torch.double, requires_grad=True)
    for y, x in ((0, 0), (3, 4), (7, 7)):
        (own,) = torch.autograd.grad(network.blind(spikes)[0, 0, y, x], spikes)
        assert own[0, :, y, x].abs().max() == 0
        assert own.abs().max() > 0
    (own,) = torch.autograd.grad(network(spikes)[0, 0, 3, 4], spikes)
    assert own[0, :, 3, 4].abs().max() > 0


@pytest.mark.parametrize("blind", [True, False])
def test_another_width_is_known_by_its_shapes(authors_state, blind):
    network = SSML(replace(SMALL, blind=blind))
    state = authors_state("ssml", network)
    if blind:  # they have gates there that are not used
        state["bsn.MotionInference.ChannelGate.mlp.1.bias"] = torch.zeros(2)
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("ssml", network.config)
    assert weights.keys() == network.state_dict().keys()


def test_other_weights_are_refused(authors_state):
    state = authors_state("ssml", SSML(SMALL))
    with pytest.raises(sc.FileError, match=r"ssml have no nbsn\.nin_D\.weight"):
        convert_published({**state, "nbsn.nin_D.weight": torch.zeros(1)})
    del state["nbsn.MotionInference.tficonv.conv.weight"]
    with pytest.raises(sc.FileError, match=r"embed_interval\.conv\.weight of SSML is missing"):
        convert_published(state)


@pytest.mark.parametrize(
    "wrong", [{"window": 10}, {"window": 7}, {"motion_windows": (3, 4)}, {"interval_reach": 5}]
)
def test_windows_have_to_fit(wrong):
    with pytest.raises(sc.OptionError, match="SSML"):
        replace(SMALL, **wrong)
