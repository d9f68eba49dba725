"""Checkpoints of others: what is taken, and what is refused without a traceback."""

import random

import pytest
import torch
from safetensors.torch import save_file

import spikecam as sc
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import ARCHITECTURE
from spikecam.weights.checkpoints import import_weights


@pytest.fixture(scope="module")
def theirs():
    """Weights of a BSN under the authors' names."""
    ours = BSN().state_dict()
    names = {"mix.0": "nin_A", "mix.2": "nin_B", "mix.4": "nin_C"}
    for pattern, name in ARCHITECTURE.published.layers:
        if name.startswith("unet"):
            names[name] = pattern.replace("\\", "")
    return {f"{names[n.removesuffix('.weight')]}.weight": values for n, values in ours.items()}


@pytest.fixture
def imported(tmp_path):
    """Save something as a checkpoint and import it."""

    def run(held, **options):
        torch.save(held, tmp_path / "their best.pth", **options)
        return import_weights(tmp_path / "their best.pth", tmp_path / "ours.safetensors")

    return run


@pytest.mark.parametrize("name", ["bsn", "edsr", "ldn"])
def test_imported_weights_give_what_the_authors_gave(spikecam, parity, tmp_path, name):
    state, held = parity(name)
    torch.save(state, tmp_path / "theirs.pth")
    out = tmp_path / "ours.safetensors"
    ended = spikecam("weights", "import", tmp_path / "theirs.pth", "-o", out)
    assert (ended.code, ended.err) == (0, "")
    network, card = sc.load_weights(out, name)
    assert "theirs.pth" in card.summary
    inputs, expected = [held[k] for k in sorted(held) if k.startswith("input.")], held["output"]
    if name == "ldn":  # theirs has blue first
        inputs[0], expected = inputs[0].flip(1), expected.flip(1)
    assert (network(*inputs) - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_the_card_says_where_they_are_from(imported, theirs):
    card = imported(theirs)
    assert (card.name, card.recipe, card.licence) == ("ours", "imported", "that of its authors")
    assert card.summary == "Weights of BSN from their best.pth"


def test_weights_may_lie_one_level_down_and_have_a_prefix(imported, theirs, tmp_path):
    prefixed = {f"module.{name}": values for name, values in theirs.items()}
    for held in (
        theirs,
        prefixed,
        {"state_dict": theirs},
        {"params": prefixed, "epoch": 7, "optimizer": {"state": {}, "param_groups": []}},
    ):
        imported(held)
        network, _ = sc.load_weights(tmp_path / "ours.safetensors", "bsn")
        assert torch.equal(network.mix[0].weight, theirs["nin_A.weight"])


def test_weights_in_half_precision_are_taken(imported, theirs, tmp_path):
    imported({name: torch.nn.Parameter(values.half()) for name, values in theirs.items()})
    network, _ = sc.load_weights(tmp_path / "ours.safetensors")
    assert torch.equal(network.mix[0].weight, theirs["nin_A.weight"].half().float())


def test_safetensors_of_others_are_taken(theirs, tmp_path):
    save_file(theirs, tmp_path / "theirs.safetensors")
    import_weights(tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors")
    assert sc.read_weights_info(tmp_path / "ours.safetensors").parameters == 1_118_832


class Code:
    def __reduce__(self):
        return pytest.fail, ("this was run",)


def without(state, *names):
    return {name: values for name, values in state.items() if name not in names}


def ldn(**layers):
    return {name.replace("__", "."): torch.zeros(shape) for name, shape in layers.items()}


CASES = {
    "holds more than weights": lambda s: {"state_dict": s, "config": Code()},
    "holds no sets of weights": lambda s: {"state_dict": {"model": s}},
    "holds 2 sets of weights": lambda s: {"params": s, "params_ema": s},
    r"are of no network .*; expected .*BSN, .* or .* as its authors released it": lambda s: {
        "a.weight": torch.zeros(1)
    },
    r"bsn have no extra\.weight": lambda s: {**s, "extra.weight": torch.zeros(1)},
    r"bsn have no nin_D\.bias": lambda s: {**s, "nin_D.bias": torch.zeros(1)},
    r"BSN has no mix\.0\.bias": lambda s: {**s, "nin_A.bias": torch.zeros(1)},
    r"mix\.2\.weight of BSN is missing": lambda s: without(s, "nin_B.weight"),
    r"mix\.0\.weight of BSN has the shape \(2,\)": lambda s: {**s, "nin_A.weight": torch.zeros(2)},
    r"of LDN is missing": lambda s: ldn(blur_enc__0__bias=16),
    r"mix\.4\.weight of BSN holds numbers that are not finite": lambda s: {
        **s,
        "nin_C.weight": torch.full((1, 96, 1, 1), torch.inf),
    },
    r"mix\.4\.weight of BSN holds numbers": lambda s: {
        **s,
        "nin_C.weight": torch.zeros(1, 96, 1, 1).to_sparse(),
    },
    r"mix\.0\.weight of BSN holds numbers": lambda s: {
        **s,
        "nin_A.weight": s["nin_A.weight"].to("meta"),
    },
}


@pytest.mark.parametrize("words", CASES)
def test_what_does_not_fit_is_refused(imported, theirs, tmp_path, words):
    with pytest.raises(sc.FileError, match=words) as caught:
        imported(CASES[words](theirs))
    assert "their best.pth" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["their best.pth"]


def test_a_whole_module_is_refused(imported):
    with pytest.raises(sc.FileError, match="have its state dict saved alone"):
        imported(torch.nn.Linear(1, 1))


def test_the_old_format_does_as_well(imported, theirs):
    assert imported(theirs, _use_new_zipfile_serialization=False).name == "ours"


def test_damage_is_refused(tmp_path):
    path, out = tmp_path / "cut.pth", tmp_path / "ours.safetensors"
    torch.save({"nin_A.weight": torch.zeros(9, 9)}, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(sc.FileError, match="damaged"):
        import_weights(path, out)
    rng = random.Random(0)
    for _ in range(100):
        damaged = bytearray(content)
        for _ in range(5):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        with pytest.raises(sc.FileError, match=r"cut\.pth"):
            import_weights(path, out)
    assert not out.exists()
