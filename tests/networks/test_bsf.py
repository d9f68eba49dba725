import pytest
import torch

import spikecam as sc
from spikecam.networks.architecture import find_architecture
from spikecam.networks.bsf import BSF
from spikecam.networks.configs.bsf import BSFConfig, BSFInputConfig
from spikecam.reconstruction.interval_maps import interval_maps
from spikecam.weights.published import convert_published
from spikecam.weights.store import fill_weights

SPIKE_ZOO = BSFConfig(short_window=13, step=7)
SMALL = BSFConfig(short_window=13, step=7, width=8, groups=2, blocks=1)


@pytest.fixture(params=["zoo/bsf", "zoo/bsf_zoo41"])
def published(parity, request):
    """State dict, inputs and outputs of the authors' network, or of Spike-Zoo's."""
    state, held = parity(request.param)
    if request.param == "zoo/bsf_zoo41":  # it holds what differs
        return {**parity("zoo/bsf")[0], **state}, held, SPIKE_ZOO
    return state, held, BSFConfig()


def authors_state(published_names):
    """A small network, and its state dict as its authors would have written it."""
    torch.manual_seed(0)
    network = BSF(SMALL).requires_grad_(False)
    network.align.attention.gamma.fill_(0.5)
    return network, published_names(find_architecture("bsf"), network.state_dict())


def random_maps(*shape):
    return torch.randint(1, 20, shape).float()


@pytest.mark.parametrize(("config", "count"), [(None, 2_476_870), (SPIKE_ZOO, 2_472_262)])
def test_it_has_the_published_number_of_parameters(config, count):
    assert sum(p.numel() for p in BSF(config).parameters()) == count


def test_it_gives_what_the_authors_gave(published):
    state, held, published_config = published
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("bsf", published_config)
    network = fill_weights(BSF(config), weights)
    maps = torch.stack([held[f"output.dsft{name}"].float() for name in (11, 12, 21, 22)], dim=1)
    given = network(maps)
    assert given.shape == held["output"].shape
    assert (given - held["output"]).abs().max() <= 1e-5 * held["output"].abs().max()


def test_its_input_is_that_of_the_authors(published):
    _, held, config = published
    spikes = held["input.0"][0].numpy()
    start = (len(spikes) - config.window) // 2
    maps = interval_maps(spikes, (start, start + config.window), BSF(config).input_config)
    for given, name in zip(maps, (11, 12, 21, 22), strict=True):
        assert torch.equal(torch.from_numpy(given), held[f"output.dsft{name}"][0].float())


def test_constants_of_the_input_follow_the_published_windows():
    assert BSF(BSFConfig(width=4)).input_config == BSFInputConfig(True, 100, 255)
    assert BSF(SMALL).input_config == BSFInputConfig(False, 0, 255)
    assert BSF(SMALL, BSFInputConfig(margin=7)).input_config == BSFInputConfig(margin=7)


def test_imported_weights_have_the_constants_of_their_window(published_names, tmp_path):
    _, state = authors_state(published_names)
    path, out = tmp_path / "theirs.pth", tmp_path / "ours.safetensors"
    torch.save(state, path)
    sc.import_weights(path, out)
    assert sc.read_weights_info(out).input_config == BSFInputConfig(False, 0, 255)


def test_sides_are_mirrored_to_multiples_of_4(published_names):
    network, _ = authors_state(published_names)
    maps = random_maps(2, 4, 41, 10, 15)
    mirrored = torch.cat([maps, maps[..., -2:, :].flip(3)], dim=3)
    mirrored = torch.cat([mirrored, mirrored[..., -1:]], dim=4)
    rates = network(maps)
    assert rates.shape == (2, 1, 10, 15)
    torch.testing.assert_close(rates, network(mirrored)[:, :, :10, :15])


def test_samples_do_not_depend_on_each_other(published_names):
    network, _ = authors_state(published_names)
    maps = random_maps(2, 4, 41, 8, 12)
    torch.testing.assert_close(network(maps)[1:], network(maps[1:]))


def test_a_variant_is_known_by_its_shapes(published_names):
    network, state = authors_state(published_names)
    _, config, weights = convert_published(state)
    assert config == SMALL
    maps = random_maps(1, 4, 41, 8, 8)
    assert torch.equal(fill_weights(BSF(config), weights)(maps), network(maps))


def test_what_does_not_fit_is_refused(published_names):
    _, state = authors_state(published_names)
    with pytest.raises(sc.FileError, match=r"bsf have no align\.kpa\.to_out\.weight"):
        convert_published({**state, "align.kpa.to_out.weight": torch.zeros(8, 8, 1, 1)})
    with pytest.raises(sc.FileError, match=r"BSF has no align\.levels\.2\.fuse\.0\.weight"):
        convert_published({**state, "align.align_L3.fuse_feat.0.weight": torch.zeros(8, 16, 3, 3)})
    del state["recons.2.bias"]
    with pytest.raises(sc.FileError, match=r"reconstruct\.2\.bias of BSF is missing"):
        convert_published(state)


def test_a_short_window_whose_step_is_not_known_is_refused(published_names):
    state = published_names(find_architecture("bsf"), BSF().state_dict())
    state["rep.conv1.0.weight"] = torch.zeros(64, 17, 3, 3)
    with pytest.raises(sc.FileError, match=r"represent\.shared\.0\.weight .*\(64, 21, 3, 3\)"):
        convert_published(state)


def test_another_window_is_refused():
    with pytest.raises(sc.OptionError, match="a window of 41 frames, not of 61"):
        BSF(SMALL)(random_maps(1, 4, 61, 8, 8))


@pytest.mark.parametrize(
    ("sizes", "words"), [({"short_window": 12}, "an odd number"), ({"groups": 7}, "7 groups")]
)
def test_sizes_that_cannot_be_are_refused(sizes, words):
    with pytest.raises(sc.OptionError, match=words):
        BSFConfig(**sizes)
