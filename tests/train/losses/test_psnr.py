import pytest
import torch
from torch.nn import functional

from spikecam.train.losses.psnr import psnr


def test_psnr_counts_what_is_outside_as_clipped():
    assert float(psnr(torch.full((1, 1, 2, 2), 1.5), torch.ones(1, 1, 2, 2))) == pytest.approx(100)
    half = functional.pad(torch.zeros(1, 1, 2, 2), (0, 2))
    assert float(psnr(half, half + 0.1)) == pytest.approx(20, rel=1e-4)
