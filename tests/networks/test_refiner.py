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
    with pytest.raises(sc.OptionError, match="takes 23 moment_maps, and its input has 11"):
        Refiner(SMALL, wider)


def test_untrained_it_is_sdm():
    blur, exposure, moments = inputs()
    config = RefinerConfig(flow_warp=False, colour_lines=False)
    sharp = Refiner(config)(blur, exposure, moments)
    assert sharp.shape == (1, 2, 3, 96, 96)
    assert torch.allclose(sharp[:, 1], picture_of_ratio(blur, moments[:, 1, -1:]))


def test_untrained_its_colours_follow_the_lines():
    blur, exposure, moments = inputs()
    sharp = Refiner(RefinerConfig(flow_warp=False))(blur, exposure, moments)
    expected = picture_of_ratio(blur, moments[:, 1, -1:], fit_colour_lines(blur))
    assert torch.allclose(sharp[:, 1], expected)


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
