"""The networks are the published ones: parameters, names, and outputs to the last digit."""

import pytest
import torch

import spikecam as sc
from spikecam.networks.bsn import BSN
from spikecam.networks.edsr import EDSR
from spikecam.networks.ldn import LDN
from spikecam.weights.published import from_published

NETWORKS = {"ldn": (LDN, 234_158), "edsr": (EDSR, 1_515_269), "bsn": (BSN, 1_118_832)}


@pytest.mark.parametrize("name", NETWORKS)
def test_they_have_the_published_number_of_parameters(name):
    network, count = NETWORKS[name]
    assert sum(p.numel() for p in network().parameters()) == count


@pytest.mark.parametrize("name", NETWORKS)
def test_they_give_what_the_authors_gave(parity, name):
    state, held = parity(name)
    architecture, config, weights = from_published(state)
    assert architecture.kind == name
    assert config == architecture.config()
    network = NETWORKS[name][0]()
    network.load_state_dict(weights)
    inputs, expected = [held[k] for k in sorted(held) if k.startswith("input.")], held["output"]
    if name == "ldn":  # theirs has blue first
        inputs[0], expected = inputs[0].flip(1), expected.flip(1)
    with torch.no_grad():
        given = network(*inputs)
    assert given.shape == expected.shape
    assert (given - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_colours_matter(parity):
    state, held = parity("ldn")
    network = LDN()
    network.load_state_dict(from_published(state)[2])
    with torch.no_grad():
        given = network(held["input.0"], held["input.1"])
    assert (given - held["output"]).abs().max() > 1e-2 * held["output"].abs().max()


def test_other_weights_are_refused(parity):
    state, _ = parity("ldn")
    with pytest.raises(sc.FileError, match="no network"):
        from_published({"layer.weight": torch.zeros(1)})
    with pytest.raises(sc.FileError, match=r"no extra\.weight"):
        from_published({**state, "extra.weight": torch.zeros(1)})
