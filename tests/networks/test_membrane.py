import pytest
import torch

from spikecam.errors import OptionError
from spikecam.networks.membrane import Membrane

SPANS = [(0, 40), (10, 30), (15, 25)]


@pytest.fixture
def fired(spikes):
    return torch.from_numpy(spikes(40, 6, 8))[None]


def test_with_gamma_of_one_it_counts(fired):
    found = Membrane()(fired, SPANS)
    assert found.shape == (1, 3, 6, 8)
    for index, (start, stop) in enumerate(SPANS):
        assert torch.equal(found[0, index], fired[0, start:stop].sum(0).float())
    assert torch.equal(Membrane()(fired, SPANS, torch.ones(1, 1, 6, 8)), found)
    assert not Membrane()(fired, [(7, 7)]).any()


def test_it_is_the_membrane_of_equation_14(fired):
    gamma = torch.rand(1, 1, 6, 8) + 0.5
    found = Membrane()(fired, SPANS, gamma)
    for index, (start, stop) in enumerate(SPANS):
        potential = torch.zeros(6, 8)
        for t in range(start, stop):
            potential = potential + gamma[0, 0] * fired[0, t]
        torch.testing.assert_close(found[0, index], potential)


def test_slopes_in_spikes_and_gamma(fired):
    spikes = fired.float().requires_grad_()
    gamma = (torch.rand(1, 1, 6, 8) + 0.5).requires_grad_()
    Membrane()(spikes, SPANS[1:2], gamma).sum().backward()
    assert torch.equal(spikes.grad[0, 10:30], gamma.detach()[0].expand(20, 6, 8))
    assert not spikes.grad[0, :10].any()
    assert torch.equal(gamma.grad[0, 0], fired[0, 10:30].sum(0).float())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_same(fired):
    gamma = torch.rand(1, 1, 6, 8) + 0.5
    found = Membrane()(fired.cuda(), SPANS, gamma.cuda()).cpu()
    assert torch.equal(found, Membrane()(fired, SPANS, gamma))


@pytest.mark.parametrize("span", [(0, 41), (-1, 4), (5, 4)])
def test_spans_that_are_not_there_are_refused(fired, span):
    with pytest.raises(OptionError, match="within the 40 frames"):
        Membrane()(fired, [span])
