"""Structural dissimilarity and its gradient against PyTorch, and against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from spikecam.views.dssim import dssim


def dssim_in_pytorch(x, y):
    """1 - SSIM by convolutions with zeros beyond the edges, as 3D Gaussian splatting has it."""
    line = torch.exp(-((torch.arange(11, dtype=x.dtype) - 5) ** 2) / (2 * 1.5**2))
    line = line / line.sum()
    window = (line[:, None] * line)[None, None]

    def blur(planes):
        return torch.nn.functional.conv2d(planes[:, None], window, padding=5)[:, 0]

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + 1e-4) * (2 * covariance + 9e-4)
    bottom = (mean_x**2 + mean_y**2 + 1e-4) * (var_x + var_y + 9e-4)
    return (1 - top / bottom).mean()


@pytest.mark.parametrize("shape", [(1, 24, 31), (3, 16, 16), (1, 5, 7)])
def test_loss_and_gradient_are_those_of_pytorch(shape):
    rng = np.random.default_rng(0)
    truth = rng.random(shape, np.float32)
    picture = (truth + 0.2 * rng.normal(size=shape)).astype(np.float32)
    loss, gradient = dssim(picture, truth)
    leaf = torch.tensor(picture, dtype=torch.float64, requires_grad=True)
    expected = dssim_in_pytorch(leaf, torch.tensor(truth, dtype=torch.float64))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-4)
    largest = leaf.grad.abs().max().item()
    np.testing.assert_allclose(gradient, leaf.grad, rtol=2e-3, atol=1e-4 * largest)


def test_inside_a_picture_it_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    # Black at its edges, so that nothing beyond them counts.
    truth, picture = np.zeros((2, 1, 48, 48), np.float32)
    truth[0, 12:36, 12:36] = rng.random((24, 24))
    picture[0, 12:36, 12:36] = rng.random((24, 24))
    _, similarity = structural_similarity(
        picture[0], truth[0], data_range=1, gaussian_weights=True,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    assert dssim(picture, truth)[0] == pytest.approx(1 - similarity.mean(), abs=1e-4)


def test_a_picture_is_like_itself():
    picture = np.random.default_rng(0).random((1, 20, 20), np.float32)
    loss, gradient = dssim(picture, picture)
    assert loss == pytest.approx(0, abs=1e-5)
    assert np.abs(gradient).max() < 1e-6
