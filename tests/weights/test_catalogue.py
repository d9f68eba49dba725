import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import spikecam as sc
from spikecam.weights.catalogue import find_weights_file


def test_a_card_is_read_with_the_network_and_its_size(tiny, card):
    module, _ = sc.load_weights(tiny)
    count = sum(values.numel() for values in module.state_dict().values())
    info = sc.read_weights_info(tiny)
    assert (info.path, info.network, info.parameters, info.card) == (tiny, "bsn", count, card)
    assert (info.config, info.input_config) == (module.config, module.input_config)
    assert (info.name, info.summary, info.speed) == (str(tiny), card.summary, "")


def test_weights_that_ship_have_names(shipped, card):
    (shipped / ".part.safetensors").touch()
    (shipped / "notes.txt").touch()
    assert sc.shipped_weights() == {"tiny": shipped / "tiny.safetensors"}
    info = sc.read_weights_info("tiny")
    assert (info.name, info.card) == ("tiny", card)


def test_all_that_ship_can_be_read():
    for name, path in sc.shipped_weights().items():
        assert sc.read_weights_info(name) == sc.read_weights_info(path)


def test_a_path_looks_like_one(shipped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("tiny", "tiny.safetensors", "other"):
        (tmp_path / name).write_text("something else")
    assert find_weights_file("tiny") == shipped / "tiny.safetensors"
    for path in ("./tiny", "tiny.safetensors", "other"):
        assert find_weights_file(path).samefile(path)


def test_neither_a_file_nor_a_name(shipped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("tinny", "shipped", ""):  # one of them a folder
        with pytest.raises(sc.OptionError, match=f"'{name}'.*one of tiny"):
            find_weights_file(name)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    for path, words in (("none", "does not exist"), (".", "is a folder")):
        with pytest.raises(sc.FileError, match=words):
            sc.read_weights_info(f"{tmp_path}{os.sep}{path}")


@pytest.mark.parametrize("length", [0, 5, 300, -1])
def test_a_file_that_ends_early_is_refused(tiny, length):
    tiny.write_bytes(tiny.read_bytes()[:length])
    with pytest.raises(sc.FileError, match=r"tiny\.safetensors is (damaged|empty)"):
        sc.read_weights_info(tiny)


def test_other_files_are_refused(tiny):
    tiny.write_text("spikes" * 100)
    with pytest.raises(sc.FileError, match=r"no \.safetensors file at all"):
        sc.read_weights_info(tiny)
    with zipfile.ZipFile(tiny, "w") as file:
        file.writestr("archive/data.pkl", b"")
    with pytest.raises(sc.FileError, match="spikecam weights import"):
        sc.read_weights_info(tiny)


@pytest.mark.parametrize("value", [None, "pt", "spikecam-weights", "spikecam-weights 1.5"])
def test_files_of_others_go_through_import(changed, value):
    path = changed({"format": value})
    with pytest.raises(sc.FileError, match=r"not written by spikecam.*spikecam weights import"):
        sc.read_weights_info(path)


def test_a_newer_format_is_told(changed):
    path = changed({"format": "spikecam-weights 3"})
    with pytest.raises(sc.FileError, match="newer spikecam, in format 3; update"):
        sc.read_weights_info(path)


def test_an_older_format_is_told(changed):
    path = changed({"format": "spikecam-weights 1"})
    with pytest.raises(sc.FileError, match="format 1, which says nothing of the network's input"):
        sc.read_weights_info(path)


@pytest.mark.parametrize("key", ["network", "config", "input", "card"])
def test_a_file_says_all(changed, key):
    path = changed({key: None})
    with pytest.raises(sc.FileError, match="does not say what its weights are"):
        sc.read_weights_info(path)


def test_a_file_has_a_card(changed):
    path = changed({"card": "{}"})
    with pytest.raises(sc.FileError, match="does not say what its weights are"):
        sc.read_weights_info(path)


def test_what_ships_is_small():
    sizes = {name: path.stat().st_size for name, path in sc.shipped_weights().items()}
    assert sizes.pop("spikegen") < 25e6
    assert sizes.pop("defocus") < 8e6
    assert sum(sizes.values()) < 18e6, sizes
    assert sc.read_weights_info("refined").parameters <= 3_000_000
    for small in ("refined-small", "fusion-small"):
        assert sc.read_weights_info(small).parameters <= 300_000


def test_the_speed_is_a_score_of_the_card():
    assert sc.read_weights_info("refined").speed.endswith("1280x720: 0.59 s")


def test_networks_are_listed_without_torch():
    code = (
        "import sys\n"
        "from spikecam.networks.architecture import architecture_kinds, find_architecture\n"
        "import spikecam as sc; sc.read_weights_info('ldn'); sc.read_weights_info('spikegen')\n"
        "print(*map(lambda kind: find_architecture(kind).kind, architecture_kinds()))\n"
        "print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *kinds, torch_is_loaded = said.stdout.split()
    assert {"bsn", "edsr", "ldn"} <= set(kinds)
    assert torch_is_loaded == "False"


def test_weights_of_the_users_own_are_found_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path / "mine"))
    assert sc.named_weights() == sc.shipped_weights()
    shutil.copytree(Path(sc.shipped_weights()["ldn"]).parent, tmp_path / "mine")
    for path in (tmp_path / "mine").glob("[!l]*.safetensors"):
        path.unlink()
    (tmp_path / "mine" / "ldn.safetensors").rename(tmp_path / "mine" / "trained.safetensors")
    assert sc.user_weights_folder() == tmp_path / "mine"
    info = sc.read_weights_info("trained")
    assert (info.name, info.network) == ("trained", "ldn")
    assert info.path == tmp_path / "mine" / "trained.safetensors"
    # What ships keeps its name.
    shutil.copy(info.path, tmp_path / "mine" / "refined.safetensors")
    assert sc.read_weights_info("refined").path == sc.shipped_weights()["refined"]


def test_weights_of_a_published_network_that_are_missing_say_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", tmp_path / "none")
    with pytest.raises(
        sc.OptionError, match=r"weights import CHECKPOINT\), and keep .*ldn\.safetensors"
    ):
        sc.read_weights_info("ldn")
