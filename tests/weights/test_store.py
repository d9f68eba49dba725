import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import nn

import spikecam as sc
from spikecam.networks import configs
from spikecam.networks.architecture import architecture_kinds, find_architecture
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig, BSNInputConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.configs.spikegen import SIZES
from spikecam.networks.ldn import LDN
from spikecam.weights.store import load_network

# Which is not as large as published.
SMALLER = {"spikegen": replace(SIZES["tiny"], depth=1, decoder_depth=1, head_width=32)}


@pytest.mark.parametrize("name", architecture_kinds())
@pytest.mark.parametrize("half", [False, True])
def test_every_network_comes_back(tmp_path, card, name, half):
    network = find_architecture(name).load_class()(SMALLER.get(name))
    path = tmp_path / "a.safetensors"
    sc.save_weights(path, network, card, half=half)
    state = torch.get_rng_state()
    back, said = sc.load_weights(path, name)
    assert torch.equal(torch.get_rng_state(), state)
    assert (type(back), back.config, said) == (type(network), network.config, card)
    assert back.input_config == network.input_config
    assert not back.training
    held = back.state_dict()
    assert list(held) == list(network.state_dict())
    for key, values in network.state_dict().items():
        assert torch.equal(held[key], values.half().float() if half else values)
    own = [*back.parameters(), *back.buffers()]
    assert {(v.dtype, v.device.type, v.requires_grad) for v in own} == {
        (torch.float32, "cpu", False)
    }
    size = sum(values.numel() for values in own)
    assert path.stat().st_size == pytest.approx(size * (2 if half else 4), rel=0.05)


def test_a_network_of_another_size_comes_back(tmp_path, card):
    network = LDN(LDNConfig(window=5, width=4, reduction=2, blocks=1))
    network = network.to(memory_format=torch.channels_last).double()
    sc.save_weights(tmp_path / "a.safetensors", network, card)
    back, _ = sc.load_weights(tmp_path / "a.safetensors", ("bsn", "ldn"))
    assert back.config == network.config
    blur, spikes = torch.rand(1, 3, 16, 16), torch.rand(1, 5, 4, 4)
    torch.testing.assert_close(back(blur, spikes), network.float()(blur, spikes))


def test_what_was_loaded_does_not_need_its_file(tiny):
    module, _ = sc.load_weights(tiny)
    before = [values.clone() for values in module.parameters()]
    tiny.write_bytes(b"\xff" * tiny.stat().st_size)
    assert all(torch.equal(*pair) for pair in zip(before, module.parameters(), strict=True))


def test_weights_that_ship_are_loaded_by_name(shipped, card):
    assert sc.load_weights("tiny")[1] == card


TOY = """
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from spikecam.networks.architecture import Architecture, InputConfig


@dataclass(frozen=True)
class ToyConfig:
    sizes: tuple[tuple[int, ...], ...] = ((1, 2), (3,))


@dataclass(frozen=True)
class ToyInputConfig(InputConfig):
    kind: ClassVar[str] = "toy-input"
    edges: tuple[float, ...] = (1.0, 2.0)


class Toy(nn.Module):
    def __init__(self, config=None, input_config=None):
        super().__init__()
        self.config, self.input_config = config or ToyConfig(), input_config or ToyInputConfig()
        self.layers = nn.ModuleList(nn.Linear(1, sum(sizes)) for sizes in self.config.sizes)


ARCHITECTURE = Architecture("toy", ToyConfig, ToyInputConfig, f"{__name__}:Toy")
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A network that one more file in the folder of declarations adds."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "toy.py").write_text(TOY)
    monkeypatch.setattr(configs, "__path__", [*configs.__path__, str(tmp_path / "more")])
    yield import_module("spikecam.networks.configs.toy")
    find_architecture.cache_clear()
    sys.modules.pop("spikecam.networks.configs.toy")


def test_one_file_adds_a_network(tmp_path, card, toy):
    config = toy.ToyConfig(((4,), (5, 6)))
    network = toy.Toy(config, toy.ToyInputConfig((0.5, 7.0, 9.0)))
    path = tmp_path / "a.safetensors"
    sc.save_weights(path, network, card)
    back = load_network(toy.Toy, path, "cpu")
    assert (back.config, back.input_config) == (config, network.input_config)
    info = sc.read_weights_info(path)
    assert (info.network, info.config, info.input_config) == ("toy", config, network.input_config)
    assert "toy" in architecture_kinds()


INPUTS = {
    "says nothing of kind, version and constants": "[]",
    "'gaze' of version 1, and this spikecam builds 'short-window-rates'": {"kind": "gaze"},
    "'short-window-rates' of version 2, and this spikecam .* of version 1": {"version": 2},
    "has the constants window": {"constants": {"window": 9, "gain": 2}},
    "and 'short-window-rates' has the constants": {"constants": {}},
    "short-window-rates' has the constants window": {"constants": {"window": "9"}},
    "cannot be built: the window of BSN is an odd number of frames, not 8": {
        "constants": {"window": 8}
    },
}


@pytest.mark.parametrize("words", INPUTS)
def test_an_input_that_cannot_be_built_is_refused(changed, words):
    entry = {"kind": "short-window-rates", "version": 1, "constants": {"window": 9}}
    wrong = INPUTS[words]
    text = wrong if isinstance(wrong, str) else json.dumps(entry | wrong)
    path = changed({"input": text})
    for read in (sc.load_weights, sc.read_weights_info):
        with pytest.raises(sc.FileError, match=words) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_networks_carry_the_constants_of_their_input(tmp_path, card):
    network = BSN(BSNConfig(width=2), BSNInputConfig(window=5))
    sc.save_weights(tmp_path / "a.safetensors", network, card)
    assert load_network(BSN, tmp_path / "a.safetensors", "cpu").input_config.window == 5


def test_what_a_configuration_leaves_out_is_as_by_default(changed):
    assert sc.load_weights(changed({"config": '{"width": 2}'}))[0].config == BSNConfig(width=2)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "7",
        "[]",
        "[" * 9999,
        '{"depth": 2}',
        '{"width": "2"}',
        '{"width": -2}',
        '{"width": [2]}',
        '{"width": 1000000000}',
    ],
)
def test_a_configuration_must_fit(changed, config):
    path = changed({"config": config})
    with pytest.raises(sc.FileError, match=r"tiny\.safetensors: no bsn has the configuration"):
        sc.load_weights(path)


def test_a_configuration_that_cannot_be_is_refused(tmp_path, card):
    sc.save_weights(tmp_path / "a.safetensors", LDN(), card)
    path = tmp_path / "a.safetensors"
    path.write_bytes(path.read_bytes().replace(b'reduction\\": 16', b'reduction\\": 00'))
    with pytest.raises(sc.FileError, match="no ldn has the configuration"):
        sc.load_weights(path)


CASES = {
    "mix.4.weight of BSN is missing": {"mix__4__weight": None},
    "BSN has no mix.6.weight": {"mix__6__weight": torch.zeros(1)},
    r"has the shape \(1, 4\), not \(1, 4, 1, 1\)": {"mix__4__weight": torch.zeros(1, 4)},
    "numbers that are not finite": {"mix__4__weight": torch.full((1, 4, 1, 1), torch.nan)},
    "mix.4.weight of BSN holds": {"mix__4__weight": torch.zeros(1, 4, 1, 1, dtype=torch.int32)},
}


@pytest.mark.parametrize("words", CASES)
def test_weights_must_fit(changed, words):
    path = changed(**CASES[words])
    with pytest.raises(sc.FileError, match=words) as caught:
        sc.load_weights(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_network_is_refused(changed):
    path = changed({"network": "gan"})
    with pytest.raises(sc.FileError, match=r"'gan', and known are .*bsn.*update spikecam"):
        sc.load_weights(path)


def test_another_network_than_is_needed_is_refused(tiny):
    with pytest.raises(sc.FileError, match="holds weights of bsn, and those of edsr or ldn are"):
        sc.load_weights(tiny, ("edsr", "ldn"))
    with pytest.raises(sc.FileError, match="and those of refiner are"):
        sc.load_weights(tiny, "refiner")
    with pytest.raises(sc.OptionError, match=r"no network 'gan'; known networks: .*bsn"):
        sc.load_weights(tiny, "gan")


def test_other_modules_are_not_kept(tmp_path, card):
    with pytest.raises(sc.OptionError, match="Linear is no network with weights of its own"):
        sc.save_weights(tmp_path / "a.safetensors", nn.Linear(1, 1), card)


def test_only_finite_weights_are_kept(tmp_path, card):
    network = BSN(BSNConfig(width=2))
    path = tmp_path / "a.safetensors"
    nn.init.constant_(network.mix[4].weight, 1e6)
    with pytest.raises(sc.OptionError, match=r"mix\.4\.weight.*save it without half"):
        sc.save_weights(path, network, card, half=True)
    nn.init.constant_(network.mix[4].weight, torch.inf)
    with pytest.raises(sc.OptionError, match=r"mix\.4\.weight.*train it again"):
        sc.save_weights(path, network, card)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk")
def test_a_full_disk_is_told_and_leaves_the_old_file(tiny, card, monkeypatch):
    old = tiny.read_bytes()
    monkeypatch.setattr("spikecam.io.atomic._temporary_name", lambda name: ".unfinished")
    tiny.with_name(".unfinished.safetensors").symlink_to("/dev/full")
    with pytest.raises(sc.OutputError, match=f"cannot write {tiny}: No space left"):
        sc.save_weights(tiny, BSN(BSNConfig(width=2)), card)
    assert [path.name for path in tiny.parent.iterdir()] == [tiny.name]
    assert tiny.read_bytes() == old
