import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.colour_lines import fit_colour_lines
from spikecam.networks.configs.refiner import RefinerConfig, RefinerInputConfig
from spikecam.networks.refiner import WARP_CHANNELS, WARP_MOMENTS, Refiner, picture_of_ratio

EXPOSURE_MAPS = RefinerInputConfig().exposure_maps
MOMENT_MAPS = RefinerInputConfig().moment_maps

SMALL = RefinerConfig(
    width=8, deep_width=8, picture_blocks=1, deep_blocks=1, blocks=3, flow_warp=False
)


def inputs(side=96, frames=2, seed=0):
    make = torch.Generator().manual_seed(seed)
    blur = torch.rand(1, 3, side, side, generator=make)
    exposure = torch.randn(1, EXPOSURE_MAPS, side // 4, side // 4, generator=make)
    moments = torch.randn(1, frames, MOMENT_MAPS, side // 4, side // 4, generator=make) / 5
    return blur, exposure, moments


def trained(config=SMALL, seed=0):
    torch.manual_seed(seed)
    network = Refiner(config).requires_grad_(False)
    torch.nn.init.normal_(network.predict.weight)
    return network


def test_the_default_input_fits_the_default_network():
    config = RefinerConfig()
    assert (config.exposure_maps, config.moment_maps) == (EXPOSURE_MAPS, MOMENT_MAPS)
    assert sum(p.numel() for p in Refiner().parameters()) < 3e6


def test_an_input_of_other_maps_is_refused():
    wider = RefinerInputConfig(window_edges=(2.5, 6.5, 11.5))
    with pytest.raises(sc.OptionError, match="takes 24 moment_maps, and its input has 12"):
        Refiner(SMALL, wider)


NO_GRAY = RefinerInputConfig(gray_weights="")


def test_untrained_it_is_sdm():
    blur, exposure, moments = inputs()
    config = RefinerConfig(flow_warp=False, colour_lines=False, moment_maps=NO_GRAY.moment_maps)
    moments = moments[:, :, 1:]
    sharp = Refiner(config, NO_GRAY)(blur, exposure, moments)
    assert sharp.shape == (1, 2, 3, 96, 96)
    assert torch.allclose(sharp[:, 1], picture_of_ratio(blur, moments[:, 1, -1:]))


def test_untrained_its_colours_follow_the_lines():
    blur, exposure, moments = inputs()
    config = RefinerConfig(flow_warp=False, moment_maps=NO_GRAY.moment_maps)
    moments = moments[:, :, 1:]
    sharp = Refiner(config, NO_GRAY)(blur, exposure, moments)
    expected = picture_of_ratio(blur, moments[:, 1, -1:], fit_colour_lines(blur))
    assert torch.allclose(sharp[:, 1], expected)


def test_untrained_a_share_is_the_gray_from_spikes_alone():
    blur, exposure, moments = inputs()
    sharp = Refiner(RefinerConfig(flow_warp=False))(blur, exposure, moments)
    share = torch.sigmoid(torch.full((1, 1, 24, 24), -2.0))
    lines, log_ratio = fit_colour_lines(blur), moments[:, 1, -1:]
    expected = picture_of_ratio(blur, log_ratio, lines, coarse_share=share)
    assert torch.allclose(sharp[:, 1], expected)


def test_gray_from_spikes_alone_has_no_detail_of_the_blurry_picture():
    torch.manual_seed(0)
    # Stripes of 1 pixel in a gray picture, and a ratio of 1: all gray comes from the spikes.
    blur = torch.full((1, 3, 32, 32), 0.4)
    blur[..., ::2, :] += 0.2
    log_ratio, share = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    picture = picture_of_ratio(blur, log_ratio, fit_colour_lines(blur), coarse_share=share)
    assert torch.allclose(picture, torch.full_like(picture, 0.5), atol=2e-3)
    assert torch.allclose(picture_of_ratio(blur, log_ratio), blur, atol=1e-5)


def test_the_shared_branch_gives_what_the_whole_gives():
    network = trained()
    blur, exposure, moments = inputs()
    features = network.encode(blur, exposure)
    alone = network.refine(blur, features, moments[:, 1])
    assert torch.allclose(alone, network(blur, exposure, moments)[:, 1], rtol=1e-4, atol=1e-4)


def test_nothing_beyond_its_reach_matters_and_things_near_it_do():
    network = trained()
    side = 2 * (network.receptive_radius + 16)
    tensors = [one.requires_grad_() for one in inputs(side, frames=1)]
    middle = slice(side // 2, side // 2 + 8)
    network(*tensors)[..., middle, middle].sum().backward()
    furthest = 0
    for tensor, scale in zip(tensors, (1, 4, 4), strict=True):
        touched = np.nonzero(tensor.grad.abs().flatten(0, -3).amax(0).numpy())
        for places in touched:
            furthest = max(furthest, side // 2 - scale * places.min())
            furthest = max(furthest, scale * (places.max() + 1) - side // 2 - 8)
    assert 0.7 * network.receptive_radius < furthest <= network.receptive_radius


def test_warped_levels_enter_as_small_numbers():
    network = Refiner(RefinerConfig(width=8, deep_width=8)).double().requires_grad_(False)
    levels = torch.randint(0, 256, (1, 6, 7, WARP_MOMENTS * WARP_CHANNELS * 16), dtype=torch.uint8)
    flows = torch.randn(1, 2 * WARP_MOMENTS, 6, 7).double()
    seen = torch.cat([levels.permute(0, 3, 1, 2).double() * 4 / 255 - 1.6, flows / 5], dim=1)
    assert torch.allclose(network._encode_warped(levels, flows), network.warped(seen))
