"""Colours of things that pass before others, mixed by blur and brought back by their lines."""

import numpy as np
import torch

from spikecam.networks.colour_lines import colour_by_lines, fit_colour_lines, gray_of
from spikecam.networks.refiner import picture_of_ratio

TEAL, CREAM = torch.tensor([0.1, 0.5, 0.5]), torch.tensor([0.9, 0.85, 0.6])


def pictures(share):
    """Pictures (1, 3, 64, 64) of two colours; ``share`` (64,) is that of cream."""
    columns = TEAL[:, None] + (CREAM - TEAL)[:, None] * share
    return columns[None, :, None].expand(1, 3, 64, 64).contiguous()


def edge():
    """A sharp edge between two colours, and its blur."""
    x = torch.arange(64.0)
    return pictures((x > 32).float()), pictures(((x - 24) / 16).clamp(0, 1))


def test_colours_of_an_edge_come_back():
    sharp, blur = edge()
    ratio = gray_of(sharp) / gray_of(blur)
    by_lines = colour_by_lines(blur, ratio, fit_colour_lines(blur))
    inner = np.s_[..., 8:-8]
    assert (by_lines - sharp).abs()[inner].mean() < 0.006
    # The product alone leaves a fringe of the other colour.
    assert (blur * ratio - sharp).abs()[inner].mean() > 0.02


def test_gray_is_kept():
    sharp, blur = edge()
    ratio = gray_of(sharp) / gray_of(blur)
    assert torch.allclose(
        gray_of(colour_by_lines(blur, ratio, fit_colour_lines(blur))), gray_of(sharp), atol=5e-3
    )


def test_trust_leads_from_the_lines_to_the_product():
    sharp, blur = edge()
    ratio, lines = gray_of(sharp) / gray_of(blur), fit_colour_lines(blur)
    trust = torch.full((1, 1, 16, 16), -40.0)
    assert torch.allclose(colour_by_lines(blur, ratio, lines, trust), blur * ratio, atol=1e-4)


def test_colours_that_lie_on_no_line_are_not_trusted():
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 3, 64, 64, generator=generator)
    weight = torch.sigmoid(fit_colour_lines(noise)[:, -1])
    assert weight.max() < 0.05
    assert torch.sigmoid(fit_colour_lines(edge()[1])[:, -1]).min() > 0.9


def test_flat_and_black_pictures_are_multiplied():
    ratio = torch.full((1, 1, 64, 64), 1.5)
    for level in (0.0, 0.004, 0.3):
        blur = torch.full((1, 3, 64, 64), level)
        by_lines = colour_by_lines(blur, ratio, fit_colour_lines(blur))
        assert torch.allclose(by_lines, 1.5 * blur, atol=2e-3)


def test_the_picture_of_a_ratio_stays_within_bounds():
    _, blur = edge()
    for log_ratio in (-9.0, 9.0):
        maps = torch.full((1, 1, 16, 16), log_ratio)
        picture = picture_of_ratio(blur, maps, fit_colour_lines(blur))
        assert picture.min() >= 0
        assert picture.max() <= 1
