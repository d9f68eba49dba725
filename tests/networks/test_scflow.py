import json

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.scflow import SCFlowConfig, SCFlowInputConfig
from spikecam.networks.scflow import SCFlow, correlate, propagate_flow, warp
from spikecam.weights.checkpoints import read_state_dict
from spikecam.weights.published import convert_published

TINY = SCFlowConfig(
    window=5,
    representation_width=4,
    widths=(4, 6, 8),
    reduced_width=3,
    estimator_widths=(5, 4),
    radius=2,
)


def test_it_has_the_published_number_of_parameters():
    assert sum(p.numel() for p in SCFlow().parameters()) == 803_320


def test_it_gives_what_the_authors_gave(converted, deviation):
    network, held = converted("scflow")
    assert network.config == SCFlowConfig()
    inputs = [held[f"input.{i}"] for i in range(3)]
    representations = network.represent(*inputs)
    for i, representation in enumerate(representations, start=1):
        means = representation.abs().mean(dim=1, keepdim=True)
        assert deviation(means, held[f"output.rep{i}"]) < 1e-5
    flows = network.predict_levels(*inputs)
    assert deviation(flows[0], held["output"]) < 1e-5
    for level in (1, 2, 3):
        assert deviation(flows[level], held[f"output.level{level}"]) < 1e-5
    assert torch.equal(network(*inputs), flows[0])


def test_released_weights_give_what_the_authors_gave(parity, released, data, deviation):
    state = read_state_dict(released("dt10_e40.pth.tar"))
    network = SCFlow()
    network.load_state_dict(convert_published(state)[2])
    network.requires_grad_(False)
    _, held = parity("zoo/released/scflow_dt10_e40_output")
    stream = sc.open(data / "reds_spikes" / "200_part1_key_id151.dat", shape=(250, 400))
    spikes = np.asarray(stream[139:184])[:, 80:176, 150:246].copy()
    spikes = torch.from_numpy(spikes)[None].float()
    assert torch.equal(spikes, held["input.0"].float())
    first = network(spikes[:, :25], spikes[:, 10:35])
    assert deviation(first, held["output"]) < 1e-5
    initial = propagate_flow(held["output"].float())
    assert deviation(initial, held["output.init"].float()) < 1e-5
    initial = held["output.init"].float()
    second = network(spikes[:, 10:35], spikes[:, 20:45], initial)
    assert deviation(second, held["output.second"]) < 1e-5
    assert network(spikes[:, :25], spikes[:, 10:35], None, 20).equal(first)


@pytest.mark.parametrize("size", [(16, 32), (17, 30), (5, 7)])
def test_any_size_is_kept(size):
    network = SCFlow(TINY).requires_grad_(False)
    spikes = (torch.rand(2, 5, *size) < 0.3).float()
    flow = network(spikes, spikes.flip(3), torch.rand(2, 2, *size))
    assert flow.shape == (2, 2, *size)


def test_warping_and_correlating():
    torch.manual_seed(0)
    features = torch.rand(1, 3, 6, 7)
    flow = torch.zeros(1, 2, 6, 7)
    flow[:, 0], flow[:, 1] = 2, -1
    warped = warp(features, flow)
    torch.testing.assert_close(warped[:, :, 1:, :5], features[:, :, :5, 2:])
    # The second shows at p + (2, -1) what the first shows at p.
    best = correlate(warped - 0.5, features - 0.5, 2)[:, :, 1:, :5].mean(dim=(2, 3)).argmax()
    assert int(best) == (-1 + 2) * 5 + (2 + 2)


def test_another_size_is_known_by_its_shapes(published_state):
    sizes = {
        "window": 13,
        "representation_width": 6,
        "widths": (5, 4, 8, 7),
        "reduced_width": 3,
        "estimator_widths": (6, 5, 4),
        "radius": 2,
    }
    network, state = published_state("scflow", "scflow", **sizes)
    _, config, weights = convert_published(state)
    assert config == network.config == SCFlowConfig(**sizes)
    assert weights.keys() == network.state_dict().keys()


def test_missing_and_additional_entries_are_refused(published_state):
    _, state = published_state("scflow", "scflow")
    with pytest.raises(sc.FileError, match=r"no extra\.weight"):
        convert_published({**state, "extra.weight": torch.zeros(1)})
    del state["conv_1x1.2.0.bias"]
    with pytest.raises(sc.FileError, match=r"reduce\.2\.bias of SCFlow is missing"):
        convert_published(state)


def test_impossible_sizes_are_refused():
    with pytest.raises(sc.OptionError, match="odd number of frames, not 24"):
        SCFlowConfig(window=24)
    with pytest.raises(sc.OptionError, match="widths are numbers of at least 1"):
        SCFlowConfig(widths=())


# As the authors' with four layers in the estimator, by the last of which it is known.
IMPORTABLE = SCFlowConfig(
    window=5,
    representation_width=4,
    widths=(4, 6),
    reduced_width=3,
    estimator_widths=(4, 3, 2),
    radius=1,
)


@pytest.mark.parametrize(
    ("file_name", "spacing", "expected"),
    [
        ("dt10_e40.pth.tar", None, 10),
        ("dt20_e80.pth.tar", None, 20),
        ("SCFlow-DT20.pth", None, 20),
        ("width20.pth", None, 10),
        ("dt2000.pth", None, 10),
        ("model_best.pth.tar", 20, 20),
        ("dt10_e40.pth.tar", 20, 20),
    ],
)
def test_an_imported_file_has_its_spacing(authors_state, tmp_path, file_name, spacing, expected):
    path, out = tmp_path / file_name, tmp_path / "ours.safetensors"
    torch.save(authors_state("scflow", SCFlow(IMPORTABLE)), path)
    sc.import_weights(path, out, spacing=spacing)
    info = sc.read_weights_info(out, "scflow")
    assert info.config == IMPORTABLE
    assert info.input_config == SCFlowInputConfig(spacing=expected)


def test_the_command_takes_and_shows_the_spacing(spikecam, authors_state, tmp_path):
    path, out = tmp_path / "theirs.pth.tar", tmp_path / "ours.safetensors"
    torch.save(authors_state("scflow", SCFlow(IMPORTABLE)), path)
    words = ("weights", "import", path, "-o", out, "--spacing")
    assert spikecam(*words, 20).out.endswith(" parameters, spacing 20\n")
    assert "  input        spacing 20" in spikecam("weights", "show", out).out.splitlines()
    assert json.loads(spikecam("weights", "show", out, "--json").out)["input"] == {"spacing": 20}


def test_a_spacing_that_cannot_be_is_refused(spikecam, authors_state, tmp_path):
    path, out = tmp_path / "theirs.pth.tar", tmp_path / "ours.safetensors"
    torch.save(authors_state("scflow", SCFlow(IMPORTABLE)), path)
    for spacing, words in (("0", "at least 1, not 0"), ("1000", "at most 999, not 1000")):
        ended = spikecam("weights", "import", path, "-o", out, "--spacing", spacing)
        assert (ended.code, ended.err) == (2, f"spikecam: spacing is {words}\n")
    torch.save(authors_state("bsn", BSN(BSNConfig(width=6))), path)
    with pytest.raises(sc.OptionError, match="bsn has no spacing between two moments"):
        sc.import_weights(path, out, spacing=20)
    assert not out.exists()
