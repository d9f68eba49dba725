from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.lrn import LRNConfig
from spikecam.networks.lrn import LRN, sum_frames
from spikecam.weights.published import convert_published


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/spikeclip")
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("lrn", LRNConfig())
    network = LRN()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 185_889
    assert agree(network(sum_frames(held["input.0"], 4)), held["output"])


@torch.no_grad()
def test_the_released_weights_give_what_they_gave(released_with_outputs, data, agree):
    state, held = released_with_outputs("LRN_CALTECH.pth", "lrn_caltech_output")
    path = data / "reds_spikes" / "200_part1_key_id151.dat"
    spikes = np.asarray(sc.open(path, camera="gen2")[51:251])[:, 100:148, 150:198]
    assert np.array_equal(spikes, held["input.0"][0].numpy())
    sums = sum_frames(torch.from_numpy(spikes.copy())[None], 4)
    _, config, weights = convert_published(state)
    for margin, name in ((0, "output"), (20, "output.zoo")):
        network = LRN(replace(config, margin=margin))
        network.load_state_dict(weights)
        assert agree(network(sums), held[name])


@torch.no_grad()
def test_another_width_is_known_by_its_shapes(authors_state):
    network = LRN(LRNConfig(planes=6, widths=(3, 5, 4, 2)))
    architecture, config, weights = convert_published(authors_state("lrn", network))
    assert (architecture.kind, config) == ("lrn", network.config)
    assert weights.keys() == network.state_dict().keys()


@torch.no_grad()
def test_a_margin_may_be_larger_than_the_picture():
    network = LRN(LRNConfig(planes=6, widths=(3, 5, 4, 2), margin=20))
    assert network(torch.rand(2, 6, 7, 1)).shape == (2, 1, 7, 1)


def test_other_weights_are_refused(authors_state):
    state = authors_state("lrn", LRN(LRNConfig(widths=(3, 5, 4, 2))))
    with pytest.raises(sc.FileError, match=r"lrn have no 5\.weight"):
        convert_published({**state, "5.weight": torch.zeros(1)})
    del state["3.0.weight"]
    with pytest.raises(sc.FileError, match=r"chain\.6\.weight of LRN is missing"):
        convert_published(state)
