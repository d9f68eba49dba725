import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.ssml_simple import SSMLSimpleConfig
from spikecam.networks.ssml_simple import SSMLSimple
from spikecam.weights.published import convert_published

SMALL = SSMLSimpleConfig(window=3, width=4)


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/ssml_simple")
    # Stored once where both networks have the same.
    shared = {
        name.replace("bsn.unet", "nbsn"): values
        for name, values in state.items()
        if name.startswith("bsn.unet")
    }
    architecture, config, weights = convert_published(shared | state)
    assert (architecture.kind, config) == ("ssml_simple", SSMLSimpleConfig())
    network = SSMLSimple()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 2_074_848
    assert sum(p.numel() for p in network.nonblind.parameters()) == 904_176
    spikes = held["input.0"].float()
    assert agree(network(spikes), held["output"])
    assert agree(network.blind(spikes), held["output.blind"])


@torch.no_grad()
def test_the_released_weights_give_what_they_gave(released_with_outputs, agree):
    state, held = released_with_outputs("nbsn_83000_simple.pth", "nbsn_83000_simple_output")
    _, config, weights = convert_published(state)
    assert config == SSMLSimpleConfig(blind=False)
    network = SSMLSimple(config)
    network.load_state_dict(weights)
    assert agree(network(held["input.0"].float()), held["output"])


@torch.no_grad()
@pytest.mark.parametrize("size", [(9, 14), (8, 7), (4, 30)])
def test_any_picture_keeps_its_size(size):
    network = SSMLSimple(SMALL)
    spikes = torch.rand(2, 3, *size)
    assert network(spikes).shape == network.blind(spikes).shape == (2, 1, *size)


@pytest.mark.parametrize("size", [(8, 8), (6, 9), (9, 6)])
def test_no_pixel_of_the_blind_network_sees_itself(size):
    torch.manual_seed(0)
    network = SSMLSimple(SMALL).double()
    spikes = torch.rand(1, 3, *size, dtype=torch.double, requires_grad=True)
    for y, x in ((0, 0), (3, 4), (size[0] - 1, size[1] - 1)):
        (own,) = torch.autograd.grad(network.blind(spikes)[0, 0, y, x], spikes)
        assert own[0, :, y, x].abs().max() == 0
        assert own.abs().max() > 0
    (own,) = torch.autograd.grad(network(spikes)[0, 0, 3, 4], spikes)
    assert own[0, :, 3, 4].abs().max() > 0


@pytest.mark.parametrize("blind", [True, False])
def test_another_width_is_known_by_its_shapes(authors_state, blind):
    network = SSMLSimple(SSMLSimpleConfig(window=3, width=4, blind=blind))
    architecture, config, weights = convert_published(authors_state("ssml_simple", network))
    assert (architecture.kind, config) == ("ssml_simple", network.config)
    assert weights.keys() == network.state_dict().keys()


def test_other_weights_are_refused(authors_state):
    state = authors_state("ssml_simple", SSMLSimple(SMALL))
    with pytest.raises(sc.FileError, match=r"ssml_simple have no nbsn\.enc4\.weight"):
        convert_published({**state, "nbsn.enc4.weight": torch.zeros(1)})
    del state["bsn.nin_B.weight"]
    with pytest.raises(sc.FileError, match=r"blind\.mix\.2\.weight of SSMLSimple is missing"):
        convert_published(state)
