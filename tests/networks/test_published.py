"""The networks are the published ones: parameters, names, and outputs to the last digit."""

import pytest
import torch

import spikecam as sc
from spikecam.networks.architecture import find_architecture
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.edsr import EDSR
from spikecam.networks.ldn import LDN
from spikecam.weights.published import convert_published

NETWORKS = {"ldn": (LDN, 234_158), "edsr": (EDSR, 1_515_269), "bsn": (BSN, 1_118_832)}


@pytest.mark.parametrize("name", NETWORKS)
def test_they_have_the_published_number_of_parameters(name):
    network, count = NETWORKS[name]
    assert sum(p.numel() for p in network().parameters()) == count


@pytest.mark.parametrize("name", NETWORKS)
def test_they_give_what_the_authors_gave(parity, name):
    state, held = parity(name)
    architecture, config, weights = convert_published(state)
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
    network.load_state_dict(convert_published(state)[2])
    with torch.no_grad():
        given = network(held["input.0"], held["input.1"])
    assert (given - held["output"]).abs().max() > 1e-2 * held["output"].abs().max()


def test_other_weights_are_refused(parity):
    state, _ = parity("ldn")
    with pytest.raises(sc.FileError, match="no network"):
        convert_published({"layer.weight": torch.zeros(1)})
    with pytest.raises(sc.FileError, match=r"no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})


VARIANTS = [
    ("bsn", BSNConfig(width=6)),
    ("edsr", EDSRConfig(channels=5, blocks=3, doublings=3)),
    ("edsr", EDSRConfig(channels=8, blocks=20, doublings=1)),
    ("ldn", LDNConfig(window=13, width=6, reduction=8, blocks=4)),
]


@pytest.mark.parametrize(("name", "config"), VARIANTS)
def test_variants_of_other_sizes_are_known_by_their_shapes(tmp_path, published_names, name, config):
    torch.manual_seed(0)
    network = NETWORKS[name][0](config).requires_grad_(False)
    state = published_names(find_architecture(name), network.state_dict())
    torch.save(state, tmp_path / "theirs.pth")
    sc.import_weights(tmp_path / "theirs.pth", tmp_path / "ours.safetensors")
    imported, card = sc.load_weights(tmp_path / "ours.safetensors", name)
    assert imported.config == config
    assert card.data == "what the authors of SpikeReveal say"
    if name == "ldn":
        blur, spikes = torch.rand(1, 3, 16, 20), torch.rand(1, config.window, 4, 5)
        # Theirs has blue first.
        torch.testing.assert_close(
            imported(blur, spikes), network(blur.flip(1), spikes).flip(1), rtol=1e-4, atol=1e-5
        )
    else:
        rates = torch.rand(1, 1, 16, 16)
        assert torch.equal(imported(rates), network(rates))


def test_a_variant_that_lacks_a_layer_is_refused(published_names):
    network = NETWORKS["edsr"][0](EDSRConfig(channels=4, blocks=3))
    state = published_names(find_architecture("edsr"), network.state_dict())
    del state["body.1.body.0.weight"]
    with pytest.raises(sc.FileError, match=r"blocks\.1\.first\.weight of EDSR is missing"):
        convert_published(state)
