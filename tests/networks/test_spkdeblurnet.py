import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig, SpkDeblurNetInputConfig
from spikecam.networks.spkdeblurnet import SpkDeblurNet
from spikecam.networks.swin import join_windows, shift_mask, split_windows
from spikecam.weights.published import convert_published

SMALL = SpkDeblurNetConfig(
    frames=12, picture_width=24, spike_width=12, picture_blocks=2, spike_blocks=2
)
# Of the published networks: groups S_layers.0 and S_layers.1, D_conv_reduce and S_conv_reduce.
WITHOUT_EFFECT = 2 * 217_320 + 388_980 + 64_860


@pytest.mark.parametrize(("frames", "count"), [(56, 13_464_684), (65, 13_469_544)])
def test_it_has_the_published_number_of_parameters_that_have_an_effect(frames, count):
    with torch.device("meta"):
        network = SpkDeblurNet(SpkDeblurNetConfig(frames=frames))
    assert sum(p.numel() for p in network.parameters()) == count - WITHOUT_EFFECT


def test_it_gives_what_the_authors_gave(converted, deviation):
    network, held = converted("spkdeblur_small")
    assert network.config == SMALL
    inputs = [held[f"input.{i}"] for i in range(3)]
    sharp, spike_picture, quick, mask = network.predict_all(*inputs)
    assert deviation(quick, held["output.quick"]) < 1e-5
    assert deviation(mask, held["output.mask"]) < 1e-5
    assert deviation(spike_picture, held["output.recon"]) < 1e-5
    assert deviation(sharp, held["output"]) < 1e-5
    assert torch.equal(network(*inputs), sharp)


@pytest.mark.parametrize("size", [(64, 136), (33, 70), (2, 5), (1, 1)])
def test_any_size_is_kept(size):
    height, width = size
    network = SpkDeblurNet(
        SpkDeblurNetConfig(
            frames=5, picture_width=12, spike_width=12, picture_blocks=2, spike_blocks=2
        )
    ).requires_grad_(False)
    grid = (height + 1) // 2, (width + 1) // 2
    sharp = network(torch.rand(2, 3, *size), torch.rand(2, 5, *grid), torch.rand(2, 1, *grid))
    assert sharp.shape == (2, 3, *size)
    assert sharp.isfinite().all()


def test_windows_come_back():
    tokens = torch.rand(2, 16, 24, 3)
    windows = split_windows(tokens)
    assert windows.shape == (2, 6, 64, 3)
    assert torch.equal(windows[:, 1, 9], tokens[:, 1, 9])
    assert torch.equal(join_windows(windows, 16, 24), tokens)


def test_shifted_windows_do_not_mix_both_ends():
    mask = shift_mask(16, 24, 4, torch.device("cpu"))
    assert mask.shape == (6, 64, 64)
    assert (mask[0] == 0).all()
    # Rows 4 to 7 of the lower windows are of the upper end.
    assert mask[3, 0, 31] == 0
    assert mask[3, 0, 32] == -100
    # And columns 4 to 7 of those on the right of the left one.
    assert [float(each) for each in mask[2, 0, 2:6]] == [0, 0, -100, -100]


def test_another_width_is_known_by_its_shapes(published_state):
    sizes = {
        "frames": 7,
        "picture_width": 12,
        "spike_width": 24,
        "heads": 3,
        "fusion_heads": 2,
        "mlp_ratio": 3,
        "mask_width": 5,
    }
    network, state = published_state("spkdeblur_small", "spkdeblurnet", **sizes)
    buffers = {
        "D_layers.0.residual_group.blocks.1.attn_mask": torch.zeros(16, 64, 64),
        "S_layers.3.residual_group.blocks.0.attn.relative_position_index": torch.zeros(64, 64),
    }
    _, config, weights = convert_published({**state, **buffers})
    assert config == network.config
    assert weights.keys() == network.state_dict().keys()


def test_missing_and_additional_entries_are_refused(published_state):
    _, state = published_state("spkdeblur_small", "spkdeblurnet")
    with pytest.raises(sc.FileError, match=r"spkdeblurnet have no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})
    del state["D_layers.4.residual_group.blocks.1.attn.relative_position_bias_table"]
    with pytest.raises(sc.FileError, match="bias_table of SpkDeblurNet is missing"):
        convert_published(state)


def test_impossible_sizes_are_refused():
    with pytest.raises(sc.OptionError, match="100 channels cannot be shared among 6 heads"):
        SpkDeblurNetConfig(picture_width=100)
    with pytest.raises(sc.OptionError, match="interval_gain is above 0"):
        SpkDeblurNetInputConfig(interval_gain=0)
