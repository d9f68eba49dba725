import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.ldn_deblurrer import LDNDeblurrer
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.ldn import LDN
from spikecam.networks.refiner import Refiner
from spikecam.tiles import split_into_tiles


@pytest.fixture(scope="module")
def refiner():
    torch.manual_seed(0)
    config = RefinerConfig(
        width=8, deep_width=8, picture_blocks=1, deep_blocks=1, blocks=2, flow_warp=True
    )
    network = Refiner(config).requires_grad_(False)
    torch.nn.init.normal_(network.predict.weight, std=0.5)
    return network


@pytest.fixture(scope="module")
def ldn():
    torch.manual_seed(0)
    return LDN().requires_grad_(False)


def scene(height, width, ratio=4, seed=0):
    rng = np.random.default_rng(seed)
    blur = rng.random((height, width, 3), np.float32)
    grid = -(-height // ratio), -(-width // ratio)
    return blur, sc.SpikeStream.from_array(rng.random((137, *grid)) < 0.4)


def refine(network, blur, stream, **options):
    picture = RefinerDeblurrer(
        network, BlurryPicture(blur), LogRateRatios(stream, (20, 117)), **options
    )
    return picture.deblur(50)


def test_tiles_cover_every_pixel_once():
    seen = np.zeros((136, 264), int)
    for tile in split_into_tiles((136, 264), 100, 40):
        part = np.zeros([s.stop - s.start for s in tile.input_area], int)
        part[tile.valid_area] = 1
        seen[tile.output_area] += part[tile.valid_area]
    assert (seen == 1).all()
    assert len(split_into_tiles((720, 1280), None, 40)) == 1
    assert len(split_into_tiles((4000, 6000), None, 40)) == 12
    with pytest.raises(sc.OptionError, match="at least 64"):
        split_into_tiles((136, 264), 10, 40)


@pytest.mark.parametrize("size", [(312, 296), (301, 299)])
def test_refined_tiled_equals_whole(refiner, size):
    blur, stream = scene(*size)
    whole = refine(refiner, blur, stream, full_precision=True)
    parts = refine(refiner, blur, stream, full_precision=True, tile=64)
    assert whole.shape == blur.shape
    assert np.abs(whole - blur).mean() > 0.01
    assert np.abs(whole - parts).max() < 1e-4


@pytest.mark.parametrize("size", [(208, 200), (203, 201)])
def test_ldn_tiled_equals_whole(ldn, size):
    blur, stream = scene(*size)
    spikes = np.asarray(stream[40:61])
    whole = LDNDeblurrer(ldn, blur, full_precision=True).deblur(spikes)
    parts = LDNDeblurrer(ldn, blur, full_precision=True, tile=64).deblur(spikes)
    assert whole.shape == blur.shape
    assert np.abs(whole - parts).max() < 1e-4


def test_ldn_prepared_gives_what_its_module_gives(ldn):
    blur, stream = scene(63, 90)
    spikes = np.asarray(stream[40:61])
    module = ldn(
        torch.from_numpy(blur.transpose(2, 0, 1))[None], torch.from_numpy(spikes)[None].float()
    )
    expected = module[0].permute(1, 2, 0).clamp(0, 1).numpy()
    assert np.allclose(
        LDNDeblurrer(ldn, blur, full_precision=True).deblur(spikes), expected, atol=1e-5
    )


@pytest.mark.parametrize("ratio", [1, 2, 2.5, 4, 5, 8])
def test_refined_takes_any_ratio_of_picture_to_spikes(ratio):
    """Untrained it is SDM, which knows no ratio."""
    rng = np.random.default_rng(1)
    small = rng.random((5, 6, 3), np.float32)
    blur = np.kron(small, np.ones((24, 24, 1), np.float32))
    height, width = (round(n / ratio) for n in blur.shape[:2])
    light = np.linspace(0.2, 0.8, 137, dtype=np.float32)[:, None, None]
    stream = sc.simulate(np.tile(light, (1, height, width)), sc.Sensor(threshold=0.5), seed=0)
    torch.manual_seed(0)
    sharp = refine(Refiner(), blur, stream, full_precision=True).clip(0, 1)
    unrelated = {"encoding": "linear", "check_match": False}
    expected = sc.deblur(blur, stream, at=50, method="sdm", **unrelated)
    assert np.abs(sharp - expected).mean() < 0.03


def test_gray_stays_gray(refiner, ldn):
    blur, stream = scene(64, 64)
    assert refine(refiner, blur[..., 0], stream).shape == (64, 64)
    assert LDNDeblurrer(ldn, blur[..., 0]).deblur(np.asarray(stream[40:61])).shape == (64, 64)
