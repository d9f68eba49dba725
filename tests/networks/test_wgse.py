import pytest
import torch

import spikecam as sc
from spikecam.networks import wgse
from spikecam.networks.architecture import find_architecture
from spikecam.networks.configs.wgse import WGSEConfig
from spikecam.networks.wgse import WGSE
from spikecam.weights.published import convert_published
from spikecam.weights.store import fill_weights

SMALL = WGSEConfig(window=21, levels=2, temporal_width=3, width=8, tail_width=4, blocks=1)


@pytest.fixture
def published(parity):
    """The published network of the parity file, its authors' state dict and what they held."""
    state, held = parity("zoo/wgse")
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("wgse", WGSEConfig())
    return fill_weights(WGSE(config), weights), state, held


def authors_state(published_names):
    """A small network, and its state dict as its authors would have written it."""
    torch.manual_seed(0)
    network = WGSE(SMALL).requires_grad_(False)
    return network, published_names(find_architecture("wgse"), network.state_dict())


def test_it_has_the_published_number_of_parameters():
    assert sum(p.numel() for p in WGSE().parameters()) == 3_805_575


def test_it_gives_what_the_authors_gave(published):
    network, _, held = published
    spikes = held["input.0"].float()
    for given, expected in (
        (network.filter_spikes(spikes), held["output.wavelet"]),
        (network(spikes), held["output"]),
    ):
        assert given.shape == expected.shape
        assert (given - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_filters_in_the_checkpoint_are_checked(published):
    _, state, held = published
    filters = {k.removeprefix("filters."): v for k, v in held.items() if k.startswith("filters.")}
    assert len(filters) == 4
    weights = convert_published({**state, **filters})[2]
    assert weights.keys() == WGSE().state_dict().keys()
    other = {**filters, "wvl.dwt.h0": filters["wvl.dwt.h0"].flip(2)}
    with pytest.raises(sc.FileError, match=r"wvl\.dwt\.h0 of wgse follows from constants"):
        convert_published({**state, **other})


def test_any_size_gives_a_picture_whatever_the_pieces(monkeypatch):
    torch.manual_seed(0)
    network = WGSE(SMALL).requires_grad_(False)
    spikes = (torch.rand(2, 21, 7, 11) < 0.3).float()
    whole = network(spikes)
    assert whole.shape == (2, 1, 7, 11)
    monkeypatch.setattr(wgse, "_PIECE_SIGNALS", 10)
    torch.testing.assert_close(network(spikes), whole)


def test_a_variant_is_known_by_its_shapes(published_names):
    network, state = authors_state(published_names)
    _, config, weights = convert_published(state)
    assert config == SMALL
    spikes = (torch.rand(1, 21, 6, 5) < 0.3).float()
    assert torch.equal(fill_weights(WGSE(config), weights)(spikes), network(spikes))


def test_what_does_not_fit_is_refused(published_names):
    _, state = authors_state(published_names)
    with pytest.raises(sc.FileError, match=r"wgse have no wvl\.dwt\.h2"):
        convert_published({**state, "wvl.dwt.h2": torch.zeros(1, 1, 16)})
    del state["resblocks.0.conv2.bias"]
    with pytest.raises(sc.FileError, match=r"blocks\.0\.second\.bias of WGSE is missing"):
        convert_published(state)


def test_a_window_is_odd():
    with pytest.raises(sc.OptionError, match="odd number of frames, not 40"):
        WGSEConfig(window=40)
