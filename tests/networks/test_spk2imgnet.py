import pytest
import torch

import spikecam as sc
from spikecam.networks.architecture import find_architecture
from spikecam.networks.configs.spk2imgnet import Spk2ImgNetConfig
from spikecam.networks.short_windows import short_window_centres
from spikecam.networks.spk2imgnet import Spk2ImgNet
from spikecam.weights.published import convert_published
from spikecam.weights.store import fill_weights

SMALL = Spk2ImgNetConfig(width=8, groups=2, blocks=1)


def authors_state(published_names):
    """A small network, and its state dict as its authors would have written it."""
    torch.manual_seed(0)
    network = Spk2ImgNet(SMALL).requires_grad_(False)
    return network, published_names(find_architecture("spk2imgnet"), network.state_dict())


def random_spikes(*shape):
    return (torch.rand(shape) < 0.3).float()


def test_it_has_the_published_number_of_parameters():
    assert sum(p.numel() for p in Spk2ImgNet().parameters()) == 3_904_185


def test_it_gives_what_the_authors_gave(parity):
    state, held = parity("zoo/spk2imgnet")
    assert len(state) == 168
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("spk2imgnet", Spk2ImgNetConfig())
    network = fill_weights(Spk2ImgNet(config), weights)
    rates, estimates = network.reconstruct_with_estimates(held["input.0"].float())
    for given, name in (
        (rates, "output"),
        *((estimates[:, window], f"output.est{window}") for window in (0, 2, 4)),
    ):
        assert given.shape == held[name].shape
        assert (given - held[name]).abs().max() <= 1e-5 * held[name].abs().max()


def test_its_estimates_are_of_the_middles_of_short_windows():
    assert short_window_centres(Spk2ImgNetConfig()) == (6, 13, 20, 27, 34)


def test_sides_are_mirrored_to_multiples_of_4(published_names):
    network, _ = authors_state(published_names)
    spikes = random_spikes(2, 41, 10, 15)
    mirrored = torch.cat([spikes, spikes[:, :, -2:].flip(2)], dim=2)
    mirrored = torch.cat([mirrored, mirrored[..., -1:]], dim=3)
    rates = network(spikes)
    assert rates.shape == (2, 1, 10, 15)
    torch.testing.assert_close(rates, network(mirrored)[:, :, :10, :15])
    assert network.reconstruct_with_estimates(spikes)[1].shape == (2, 5, 4, 10, 15)


def test_samples_do_not_depend_on_each_other(published_names):
    network, _ = authors_state(published_names)
    spikes = random_spikes(2, 41, 8, 12)
    torch.testing.assert_close(network(spikes)[1:], network(spikes[1:]))


def test_a_variant_is_known_by_its_shapes(published_names):
    network, state = authors_state(published_names)
    assert "mask3.prelu1.weight" in state
    _, config, weights = convert_published(state)
    assert config == SMALL
    spikes = random_spikes(1, 41, 8, 8)
    assert torch.equal(fill_weights(Spk2ImgNet(config), weights)(spikes), network(spikes))


def test_what_does_not_fit_is_refused(published_names):
    _, state = authors_state(published_names)
    with pytest.raises(sc.FileError, match=r"spk2imgnet have no mask2\.conv0\.weight"):
        convert_published({**state, "mask2.conv0.weight": torch.zeros(8, 16, 3, 3)})
    del state["rec_conv1.bias"]
    with pytest.raises(sc.FileError, match=r"reconstruct\.2\.bias of Spk2ImgNet is missing"):
        convert_published(state)


def test_a_short_window_whose_step_is_not_known_is_refused(published_names):
    state = published_names(find_architecture("spk2imgnet"), Spk2ImgNet().state_dict())
    state["extractor.conv0_0.weight"] = torch.zeros(16, 21, 3, 3)
    with pytest.raises(sc.FileError, match=r"extractor\.branches\.0\.0\.weight .*\(16, 13, 3, 3\)"):
        convert_published(state)


def test_another_window_is_refused():
    with pytest.raises(sc.OptionError, match="a window of 41 frames, not of 61"):
        Spk2ImgNet(SMALL)(random_spikes(1, 61, 8, 8))


@pytest.mark.parametrize(
    ("sizes", "words"), [({"short_window": 12}, "an odd number"), ({"groups": 7}, "7 groups")]
)
def test_sizes_that_cannot_be_are_refused(sizes, words):
    with pytest.raises(sc.OptionError, match=words):
        Spk2ImgNetConfig(**sizes)
