import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.nrknet import NRKNetConfig
from spikecam.networks.nrknet import BlurStack, NRKNet
from spikecam.weights.published import convert_published


def test_it_has_the_published_number_of_parameters():
    with torch.device("meta"):
        network = NRKNet()
    assert sum(p.numel() for p in network.parameters()) == 6_094_107


def test_it_gives_what_the_authors_gave(converted, deviation):
    network, held = converted("nrknet")
    assert network.config == NRKNetConfig()
    blur, target = held["input.0"], held["input.1"]
    pictures = network.predict_scales(blur)
    assert deviation(pictures[-1], held["output"]) < 1e-5
    for i, picture in enumerate(pictures):
        assert deviation(picture, held[f"output.deblurred{i}"]) < 1e-5
    assert torch.equal(network(blur), pictures[-1])
    for i, weights in enumerate(network.estimate_weights(blur)):
        step = 2 ** (2 - i)
        blurred = network.reblur(target[:, :, ::step, ::step], weights)
        assert deviation(blurred, held[f"output.blurred{i}"]) < 1e-5


@pytest.mark.parametrize("size", [(32, 48), (33, 70), (2, 5), (1, 16)])
def test_any_size_is_kept(size):
    network = NRKNet(NRKNetConfig(width=4, kernels=2)).requires_grad_(False)
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_small_blurs_keep_constant_light():
    stack = BlurStack(3)
    torch.nn.init.normal_(stack.kernels)
    planes = stack(torch.full((1, 3, 6, 5), 0.4))
    torch.testing.assert_close(planes, torch.full((1, 12, 6, 5), 0.4))


def test_another_width_is_known_by_its_shapes(published_state):
    network, state = published_state("nrknet", "nrknet", width=4, kernels=5)
    state["APU.conv.main.1.num_batches_tracked"] = torch.tensor(7)
    _, config, weights = convert_published(state)
    assert config == network.config == NRKNetConfig(width=4, kernels=5)
    assert weights.keys() == network.state_dict().keys()


def test_missing_and_additional_entries_are_refused(published_state):
    _, state = published_state("nrknet", "nrknet", width=4)
    with pytest.raises(sc.FileError, match=r"nrknet have no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})
    del state["APU.conv.main.1.running_var"]
    with pytest.raises(sc.FileError, match=r"norm\.running_var of NRKNet is missing"):
        convert_published(state)


def test_impossible_sizes_are_refused():
    with pytest.raises(sc.OptionError, match="kernels is at least 1, not 0"):
        NRKNetConfig(kernels=0)
