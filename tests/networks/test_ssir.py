import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.ssir import SSIRConfig
from spikecam.networks.spiking_neurons import SpikingNeurons
from spikecam.networks.ssir import SSIR
from spikecam.weights.published import convert_published

SMALL = SSIRConfig(window=5, width=12, narrow_width=3, decoder_width=7, head_width=4)


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/ssir")
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("ssir", SSIRConfig())
    network = SSIR().eval()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 381_542
    picture, potentials = network.step(held["input.0"].float())
    assert agree(picture, held["output"])
    assert agree(network(held["input.0"].float()), held["output"])
    assert agree(network.step(held["input.1"].float(), potentials)[0], held["output.second"])


@torch.no_grad()
def test_the_released_weights_give_what_they_gave(released_with_outputs, agree):
    state, held = released_with_outputs("SSIR_e80.pth", "ssir_e80_output")
    network = SSIR().eval()
    network.load_state_dict(convert_published(state)[2])
    spikes = held["input.0"].float()
    first, second = spikes[:, :41], spikes[:, -41:]
    picture, potentials = network.step(first)
    assert agree(picture, held["output"])
    assert agree(network.step(second, potentials)[0], held["output.second"])
    assert agree(network(second), held["output.second_reset"])


@torch.no_grad()
@pytest.mark.parametrize("size", [(9, 14), (8, 7), (1, 1)])
def test_any_picture_keeps_its_size(size):
    network = SSIR(SMALL).eval()
    spikes = (torch.rand(2, 5, *size) < 0.4).float()
    picture, potentials = network.step(spikes)
    assert picture.shape == (2, 1, *size)
    assert network.step(spikes, potentials)[0].shape == (2, 1, *size)


@torch.no_grad()
def test_another_width_is_known_by_its_shapes(authors_state):
    network = SSIR(SMALL)
    state = authors_state("ssir", network)
    state["enc1.layer.1.num_batches_tracked"] = torch.tensor(7)
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("ssir", SMALL)
    assert weights.keys() == network.state_dict().keys()


def test_other_weights_are_refused(authors_state):
    state = authors_state("ssir", SSIR(SMALL))
    with pytest.raises(sc.FileError, match=r"ssir have no dec2\.layer\.0\.weight"):
        convert_published({**state, "dec2.layer.0.weight": torch.zeros(1)})
    del state["eres1.conv2.1.running_var"]
    with pytest.raises(sc.FileError, match=r"block\.1\.norm\.running_var of SSIR is missing"):
        convert_published(state)


def test_neurons_leak_fire_and_are_trained():
    neurons = SpikingNeurons()
    current = torch.tensor([1.0, 3.0], requires_grad=True)
    spikes, potential = neurons(current)
    assert spikes.tolist() == [0, 1]
    assert potential.tolist() == [0.5, 0]
    spikes.sum().backward()
    # Half of the current is potential: 1 / (1 + pi^2 (v - 1)^2), times a half.
    steps = 0.5 / (1 + (torch.pi * torch.tensor([0.5, -0.5])) ** 2)
    torch.testing.assert_close(current.grad, steps)
    assert neurons.w.grad is not None
