"""Loss of 3D Gaussian splatting on displayed values, against PyTorch."""

import numpy as np
import pytest
import torch

from spikecam.encoding import gamma_encoding
from spikecam.errors import GeometryError, OptionError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.views.dssim import dssim
from spikecam.views.observations import Observation, observe_pictures
from spikecam.views.picture_loss import PictureLoss
from spikecam.views.predicted_light import LightTable

TABLE = LightTable.of_encoding(gamma_encoding(2.2))


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(
    ("views", "mixing"), [(1, [[1]]), (3, np.eye(3)), (2, [GRAY_WEIGHTS])], ids=["1", "rgb", "gray"]
)
def test_loss_and_gradient_are_those_of_pytorch(views, mixing, share):
    rng = np.random.default_rng(0)
    mixing = np.asarray(mixing, np.float32)
    pictures = rng.uniform(0.3, 1.0, (views, mixing.shape[1], 14, 17)).astype(np.float32)
    target = rng.uniform(0.1, 1, (14, 17, len(mixing))).astype(np.float32)
    (observation,) = observe_pictures([target], [tuple(range(views))])
    loss, gradient = PictureLoss(share)(pictures, observation, mixing, TABLE)
    leaf = torch.tensor(pictures, dtype=torch.float64, requires_grad=True)
    light = torch.einsum("jc,kchw->jhw", torch.tensor(mixing, dtype=torch.float64), leaf**2.2)
    value = (light / views) ** (1 / 2.2)
    truth = torch.tensor(target, dtype=torch.float64).movedim(2, 0) ** (1 / 2.2)
    # The dissimilarity has a test of its own; its gradient is that by the value.
    structure, by_value = dssim(*(np.float32(one.detach()) for one in (value, truth)))
    absolute = (1 - share) * (value - truth).abs().mean()
    (absolute + share * (torch.tensor(by_value) * value).sum()).backward()
    assert loss == pytest.approx(absolute.item() + share * structure, rel=1e-3)
    largest = leaf.grad.abs().max().item()
    np.testing.assert_allclose(gradient, leaf.grad, rtol=5e-3, atol=2e-3 * largest)


def test_pixels_that_weigh_differently_are_refused():
    weight = np.eye(12, dtype=np.float32)[None]
    observation = Observation((0.0,), np.zeros((1, 12, 12), np.float32), weight)
    views = np.zeros((1, 1, 12, 12), np.float32)
    with pytest.raises(OptionError, match="Bayer"):
        PictureLoss()(views, observation, np.eye(1, dtype=np.float32), TABLE)


def test_a_picture_of_another_size_is_refused():
    (observation,) = observe_pictures([np.zeros((8, 9))], [(0.0,)])
    views = np.zeros((1, 1, 12, 12), np.float32)
    with pytest.raises(GeometryError, match="12x12 pixels and the recording of 9x8"):
        PictureLoss()(views, observation, np.eye(1, dtype=np.float32), TABLE)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(OptionError, match="from 0 to 1"):
        PictureLoss(share)
