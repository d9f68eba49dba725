from dataclasses import replace

import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.stir import STIRConfig
from spikecam.networks.stir import STIR
from spikecam.networks.warp import warp
from spikecam.weights.published import convert_published

ZOO = STIRConfig(window=41, part=15)
SMALL = STIRConfig(
    window=13,
    part=5,
    learned_planes=2,
    widths=(3, 4, 5, 6, 8),
    heads=2,
    feed_forward_width=7,
    hidden_width=3,
    extra_flows=1,
)


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/stir")
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("stir", STIRConfig())
    network = STIR().eval()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 5_107_960
    picture = network(held["input.0"].float())
    assert agree(picture, held["output.raw"])
    assert agree(picture.clamp(0, 1), held["output"])


@torch.no_grad()
def test_with_41_frames_it_gives_what_spike_zoo_gave(parity, agree):
    state, held = parity("zoo/stir_zoo41")
    architecture, config, weights = convert_published(parity("zoo/stir")[0] | state)
    assert (architecture.kind, config) == ("stir", ZOO)
    network = STIR(config).eval()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 5_078_698
    assert agree(network(held["input.0"].float()), held["output"])


@torch.no_grad()
@pytest.mark.parametrize("size", [(9, 34), (17, 1)])
def test_any_picture_keeps_its_size(size):
    network = STIR(SMALL).eval()
    assert network((torch.rand(2, 13, *size) < 0.4).float()).shape == (2, 1, *size)


@torch.no_grad()
def test_another_width_is_known_by_its_shapes(authors_state):
    network = STIR(SMALL)
    architecture, config, weights = convert_published(authors_state("stir", network))
    assert (architecture.kind, config) == ("stir", SMALL)
    assert weights.keys() == network.state_dict().keys()


def test_other_weights_are_refused(authors_state):
    state = authors_state("stir", STIR(SMALL))
    with pytest.raises(sc.FileError, match=r"stir have no resnet\.conv4\.weight"):
        convert_published({**state, "resnet.conv4.weight": torch.zeros(1)})
    del state["transformer.attn.temperature2"]
    with pytest.raises(sc.FileError, match=r"temperature2 of STIR is missing"):
        convert_published(state)


@pytest.mark.parametrize("wrong", [{"part": 4}, {"part": 15}, {"window": 14}, {"heads": 3}])
def test_parts_and_heads_have_to_fit(wrong):
    with pytest.raises(sc.OptionError):
        replace(SMALL, **wrong)


def test_a_flow_points_to_what_is_seen():
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    flow = torch.zeros(1, 2, 3, 4)
    flow[:, 0], flow[:, 1] = 0.5, -1
    expected = torch.tensor([[0.5, 1.5, 2.5, 3], [0.5, 1.5, 2.5, 3], [4.5, 5.5, 6.5, 7]])
    torch.testing.assert_close(warp(picture, flow)[0, 0], expected)


@torch.no_grad()
def test_coarser_pictures_are_from_half_the_size_to_a_sixteenth():
    network = STIR(SMALL).eval()
    spikes = (torch.rand(2, 13, 32, 48) < 0.4).float()
    picture, coarser = network.reconstruct_with_coarser(spikes)
    assert torch.equal(picture, network(spikes))
    sizes = [(2, 1, 32 // n, 48 // n) for n in (2, 4, 8, 16)]
    assert [one.shape for one in coarser] == sizes
