import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.mimounet import MIMOUNetConfig
from spikecam.networks.mimounet import MIMOUNet
from spikecam.weights.published import convert_published


@pytest.mark.parametrize(("blocks", "count"), [(8, 6_807_171), (20, 16_107_651)])
def test_it_has_the_published_number_of_parameters(blocks, count):
    with torch.device("meta"):
        network = MIMOUNet(MIMOUNetConfig(blocks=blocks))
    assert sum(p.numel() for p in network.parameters()) == count


def test_it_gives_what_the_authors_gave(converted, deviation):
    network, held = converted("mimounet_1")
    assert network.config == MIMOUNetConfig(blocks=1)
    quarter, half, full = network.predict_scales(held["input.0"])
    assert deviation(full, held["output"]) < 1e-5
    assert deviation(half, held["output.half"]) < 1e-5
    assert deviation(quarter, held["output.quarter"]) < 1e-5
    assert torch.equal(network(held["input.0"]), full)


@pytest.mark.parametrize("size", [(16, 20), (17, 30), (2, 5), (1, 1)])
def test_any_size_is_kept(size):
    network = MIMOUNet(MIMOUNetConfig(width=4, blocks=1)).requires_grad_(False)
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_another_width_is_known_by_its_shapes(published_state):
    network, state = published_state("mimounet_1", "mimounet", width=4)
    _, config, weights = convert_published(state)
    assert config == network.config == MIMOUNetConfig(width=4, blocks=1)
    assert weights.keys() == network.state_dict().keys()


def test_missing_and_additional_entries_are_refused(published_state):
    _, state = published_state("mimounet_1", "mimounet", width=4)
    with pytest.raises(sc.FileError, match=r"mimounet have no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})
    del state["FAM2.merge.main.0.bias"]
    with pytest.raises(sc.FileError, match=r"picture_fusion\.0\.bias of MIMOUNet is missing"):
        convert_published(state)


def test_impossible_sizes_are_refused():
    with pytest.raises(sc.OptionError, match="width is at least 2, not 1"):
        MIMOUNetConfig(width=1)
