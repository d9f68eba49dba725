import pytest
import torch
from torch.nn import functional

from spikecam.networks import winograd
from spikecam.networks.winograd import winograd_convolutions


@pytest.fixture
def nnpack():
    if not torch.backends.nnpack.is_available():
        pytest.skip("this PyTorch has no NNPACK")


@pytest.fixture
def calls(nnpack, monkeypatch):
    """Inputs of the convolutions that NNPACK computes."""
    shapes, convolve = [], torch._nnpack_spatial_convolution

    def record(picture, *rest):
        shapes.append(tuple(picture.shape))
        return convolve(picture, *rest)

    monkeypatch.setattr(torch, "_nnpack_spatial_convolution", record)
    return shapes


def layers(in_channels=24, out_channels=40, size=(3, 3), **options):
    torch.manual_seed(0)
    return torch.nn.Conv2d(in_channels, out_channels, size, **options).requires_grad_(False)


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("shape", [(1, 24, 31, 18), (3, 24, 7, 40)])
def test_convolutions_are_the_same(calls, shape, padding):
    layer, features = layers(padding=padding), torch.rand(shape)
    with torch.no_grad(), winograd_convolutions():
        convolved = layer(features)
    assert calls == [(1, *shape[1:])] * shape[0]
    expected = layer.double()(features.double())
    assert (convolved - expected).abs().max() < 1e-5 * expected.abs().max()


@pytest.mark.parametrize(
    "layer",
    [
        layers(stride=2),
        layers(dilation=2),
        layers(groups=8),
        layers(size=(1, 1)),
        layers(size=(3, 1)),
        layers(padding=3),
        layers(padding="same"),
        layers(in_channels=4, out_channels=8),
    ],
    ids=str,
)
def test_others_run_as_ever(calls, layer):
    features = torch.rand(1, layer.in_channels, 12, 13)
    with torch.no_grad(), winograd_convolutions():
        assert torch.equal(layer(features), layer(features))
        convolved = layer(features)
    torch.testing.assert_close(convolved, layer(features))
    assert not calls


def test_gradients_are_as_ever(calls):
    layer, features = layers().requires_grad_(), torch.rand(1, 24, 12, 13)
    with winograd_convolutions():
        layer(features).sum().backward()
    assert not calls
    assert layer.weight.grad is not None


def test_it_ends_with_its_context(calls):
    layer, features = layers(), torch.rand(1, 24, 12, 13)
    with torch.no_grad():
        with pytest.raises(ZeroDivisionError), winograd_convolutions():
            raise ZeroDivisionError
        layer(features)
    assert not calls


def test_without_nnpack_convolutions_run_as_ever(monkeypatch):
    monkeypatch.setattr(winograd, "_has_nnpack", lambda: False)
    layer, features = layers(), torch.rand(1, 24, 12, 13)
    with torch.no_grad(), winograd_convolutions():
        convolved = layer(features)
    assert torch.equal(convolved, functional.conv2d(features, layer.weight, layer.bias))
