import numpy as np
import pytest
import torch
from PIL import Image

import spikecam as sc
from spikecam.networks.configs.gkmnet import GKMNetConfig
from spikecam.networks.gkmnet import GKMNet, downsample_picture, gaussian_kernels
from spikecam.weights.published import convert_published


def test_it_has_the_published_number_of_parameters():
    assert sum(p.numel() for p in GKMNet().parameters()) == 1_409_131


def test_it_gives_what_the_authors_gave(converted, deviation):
    network, held = converted("gkmnet")
    assert network.config == GKMNetConfig()
    full, half, quarter = network.predict_scales(*(held[f"input.{i}"] for i in range(3)))
    assert deviation(quarter, held["output.quarter"]) < 1e-5
    assert deviation(half, held["output.half"]) < 1e-5
    assert deviation(full, held["output"]) < 1e-5


@pytest.mark.parametrize("size", [(32, 48), (33, 70), (2, 5), (1, 16)])
def test_any_size_is_kept(size):
    network = GKMNet(GKMNetConfig(width=4, kernels=2)).eval().requires_grad_(False)
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_coarser_pictures_are_those_of_pillow():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)
    picture = torch.from_numpy(levels).movedim(-1, 0)[None] / 255
    for step in (2, 4):
        expected = Image.fromarray(levels).resize(
            (48 // step, 32 // step), Image.Resampling.BILINEAR
        )
        given = downsample_picture(picture, step)[0].movedim(0, -1).numpy()
        np.testing.assert_allclose(given, np.asarray(expected) / 255, atol=1.01 / 255)


def test_the_kernels_keep_light_and_widen():
    kernels = gaussian_kernels(21)
    assert kernels.shape == (22, 21, 21)
    torch.testing.assert_close(kernels.sum((1, 2)), torch.ones(22))
    sides = [int((row > 0).sum()) for row in kernels[:, 10]]
    assert sides == [1, 3, 3, 3, *(side for side in range(5, 22, 2) for _ in range(2))]
    assert (kernels[1:, 10, 10].diff() < 0).all()


def test_another_width_is_known_by_its_shapes(published_state):
    network, state = published_state("gkmnet", "gkmnet", width=4, kernels=5)
    state["APU.conv.conv.1.num_batches_tracked"] = torch.tensor(7)
    _, config, weights = convert_published(state)
    assert config == network.config == GKMNetConfig(width=4, kernels=5)
    assert weights.keys() == network.state_dict().keys()


def test_missing_and_additional_entries_are_refused(published_state):
    _, state = published_state("gkmnet", "gkmnet", width=4)
    with pytest.raises(sc.FileError, match=r"gkmnet have no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})
    del state["in_block.ta.cw.conv.bn.bias"]
    with pytest.raises(sc.FileError, match=r"stem\.attention\.cw\.norm\.bias of GKMNet is missing"):
        convert_published(state)


def test_impossible_sizes_are_refused():
    with pytest.raises(sc.OptionError, match="kernels is at least 1, not 0"):
        GKMNetConfig(kernels=0)
