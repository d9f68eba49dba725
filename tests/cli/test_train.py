"""``spikecam train``."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib

import numpy as np
import pytest

import spikecam as sc
from spikecam.cli.flags import make_config_flags_class
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.configs.refocuser import SIZES
from spikecam.train.recipe import all_recipes

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = "--epochs 2 --steps 2 --batch 2 --workers 0 --device cpu"


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_set):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set").symlink_to(tiny_set)
    return tmp_path


COMMANDS = [*(f"train {name}" for name in sorted(all_recipes()) if name != "adaptation"), "adapt"]
COMMANDS += ["synth", "bench gopro", "bench losses"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_configuration_is_printed_and_taken_back(folder, spikecam, command):
    """Printed without any input; fed back, it is the same, and what is typed goes before it."""
    name, value = ("limit", 7) if command == "bench gopro" else ("seed", 7)
    printed = spikecam(*command.split(), f"--{name}", value, "--print-config")
    assert (printed.code, printed.err) == (0, "")
    (folder / "run.toml").write_text(printed.out)
    settings = tomllib.loads(printed.out)
    assert settings[name] == value
    (folder / "run.json").write_text(json.dumps(settings))
    for file in ("run.toml", "run.json"):
        again = spikecam(*command.split(), "--config", file, "--print-config")
        assert (again.code, again.out) == (0, printed.out)
    words = (*command.split(), "--config", "run.toml", f"--{name}", 8, "--print-config")
    assert tomllib.loads(spikecam(*words).out) == {**settings, name: 8}
    mistyped = spikecam(*command.split(), "--print-config", "--sede", 3)
    assert (mistyped.code, mistyped.out) == (2, "")


@pytest.mark.parametrize("value", ['\U0001f4f7 \x7f "é".png', "inf", "nan"])
def test_every_value_is_printed_as_toml_reads_it(folder, spikecam, value):
    flag = "--foregrounds" if value in ("inf", "nan") else "--fpn"
    printed = spikecam("synth", flag, value, "--print-config").out
    assert str(tomllib.loads(printed)[flag[2:]]) == value
    (folder / "run.toml").write_text(printed)
    assert spikecam("synth", "--config", "run.toml", "--print-config").out == printed


def test_every_setting_of_a_recipe_is_a_flag(spikecam):
    recipe = all_recipes()["ldn"]
    flags = make_config_flags_class(recipe.options, without=recipe.fixed)
    options = recipe.options()
    assert flags().apply(options) == options
    changed = flags(epochs=3, width=8, teacher_weight=0.0, bsn="mine").apply(options)
    assert (changed.run.epochs, changed.network.width, changed.bsn) == (3, 8, "mine")
    assert changed.loss.teacher_weight == 0


def test_a_configuration_that_cannot_be_is_one_sentence(folder, spikecam):
    for text, message in (
        ("epoch = 3", "spikecam train bsn has no option"),
        ("epochs = 'many'", "epochs = many: expected a whole number"),
        ("epochs = 0", "epochs is at least 1, not 0"),
        ("epochs =", "run.toml is no configuration in TOML or JSON"),
    ):
        (folder / "run.toml").write_text(text)
        ended = spikecam(*["train", "bsn", "set", "-o", "run", "--config", "run.toml"])
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
        assert message in ended.err
    assert "none.toml does not exist" in spikecam("train", "bsn", "--config", "none.toml").err


def test_help_loads_nothing_heavy():
    code = "import sys; sys.argv = ['spikecam', 'train', 'ldn', '--help']\n"
    code += "from spikecam.cli.main import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "assert not {'torch', 'lightning', 'numpy', 'tensorboard'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_three_stages_follow_each_other(folder, spikecam):
    ended = spikecam(*f"train bsn set -o bsn --crop 16 --width 8 {QUICK}".split())
    assert ended.code == 0, ended.err
    assert ended.err == ""
    assert ended.out.splitlines()[-1].startswith("bsn/bsn.safetensors: val/loss 0.")
    sizes = "--channels 8 --blocks 1"
    assert spikecam(*f"train edsr set -o edsr --crop 16 {sizes} {QUICK}".split()).code == 0
    teacher = "--bsn bsn/bsn.safetensors --edsr edsr/edsr.safetensors"
    words = f"train ldn set -o ldn --crop 16 {teacher} --precision bf16-mixed {QUICK}"
    ended = spikecam(*words.split())
    assert ended.code == 0, ended.err
    for name, kind in (("bsn", "bsn"), ("edsr", "edsr"), ("ldn", "ldn")):
        _, card = sc.load_weights(f"{name}/{name}.safetensors", kind)
        assert card.recipe.startswith(f"spikecam train {name} set -o {name}")
        assert "val/psnr" in dict(card.scores)
    # Another teacher is another run.
    sizes = f"--weights bsn/bsn.safetensors --crop 16 {QUICK}"
    assert spikecam(*f"train bsn set -o other {sizes}".split()).code == 0
    ended = spikecam(*words.replace("bsn/bsn", "other/bsn").split())
    assert ended.code == 2
    assert "begun with other settings, teacher" in ended.err


def test_the_refiner_is_trained_on_scenes(folder, spikecam):
    words = f"train refined set -o run --crop 64 --width 8 --deep-width 8 {QUICK}"
    ended = spikecam(*words.split(), "--thresholds", "1:4")
    assert ended.code == 0, ended.err
    network, _ = sc.load_weights("run/refined.safetensors", "refiner")
    assert network.config == RefinerConfig(width=8, deep_width=8)


def test_the_refocuser_is_trained_on_pictures(folder, tiny_set, spikecam):
    photos = tiny_set.parent / "photos"
    sizes = "--size small --crop 64 --window 25:51 --white-rate 0.1:1"
    ended = spikecam(*f"train defocus {photos} -o run {sizes} {QUICK}".split())
    assert ended.code == 0, ended.err
    made = "run/defocus.safetensors"
    network, card = sc.load_weights(made, "refocuser")
    assert network.config == SIZES["small"]
    assert "val/psnr_tfp" in dict(card.scores)
    stream = sc.SpikeStream.from_array(np.ones((30, 8, 8)))
    assert sc.reconstruct(stream, method="defocus", window=25, weights=made).shape == (8, 8)


def test_pairs_that_lack_a_file_can_be_left_out(folder, tiny_set, spikecam):
    shutil.copytree(tiny_set, folder / "lacking")
    next((folder / "lacking" / "train" / "blur_data").glob("*/*.png")).unlink()
    words = f"train edsr lacking -o run --crop 16 --channels 8 --blocks 1 {QUICK}"
    ended = spikecam(*words.split())
    assert ended.code == 2
    assert "lacks halves of pairs: blur_data/" in ended.err
    ended = spikecam(*words.split(), "--skip-incomplete")
    assert ended.code == 0, ended.err
    assert "9 pairs for training and 2 samples for validation" in ended.out


CASES = {
    "train bsn missing": "missing holds no data set",
    "train bsn set/train": "name the folder that holds it",
    "train bsn photos": "expected train/spike_data",
    "train bsn set --epochs 0": "epochs is at least 1",
    "train bsn set --crop 10": "multiple of 8",
    "train bsn set --window 8": "odd",
    "train bsn set --window 99": "longer than",
    "train bsn set --precision 8": "precision is one of",
    "train bsn set --device gpu": "a device is auto, cpu",
    "train bsn set --weights missing.safetensors": "missing.safetensors does not exist",
    "train ldn set --bsn none.safetensors": "none.safetensors does not exist",
    "train refined set --crop 96": "at most 64",
    "train refined set --thresholds 3": "expected LOW:HIGH",
    "train bsn set --width 0": "width is at least 1",
    "train ldn set --reduction 100": "smaller reduction",
    "train ldn set --moments 0": "1 or more moments",
    "train refined set --blocks 1": "blocks is at least 2",
    "train refined set --noise-prob nan": "a share from 0 to 1",
    "train refined set --pseudo 1": "at least 2",
    "train refined set --pseudo -1": "at least 2",
    "train reconstruction photos --network tfp": "no network 'tfp' of a window of spikes",
    "train reconstruction photos --network-config depth=3": "depth=3 is no size of base",
    "train reconstruction photos --scene-frames 40": "sees 41 frames",
    "train refined broken": "lacks halves of pairs",
}


@pytest.mark.parametrize("command", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(folder, refused, command):
    (folder / "photos").mkdir()
    if "broken" in command:
        (folder / "broken" / "train" / "spike_data" / "scene").mkdir(parents=True)
        (folder / "broken" / "train" / "spike_data" / "scene" / "1.dat").write_bytes(b"spikes")
    refused(folder, CASES[command], command, "run")


@pytest.mark.parametrize("package", ["lightning", "pytorch_optimizer"])
def test_a_package_that_is_missing_is_told(folder, refused, monkeypatch, package):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == package else found(name)
    )
    refused(folder, '"lightning', "train bsn set", "run")


def test_an_interruption_tells_how_to_go_on(folder):
    program = [sys.executable, "-c", "from spikecam.cli.main import main; main()"]
    words = "train bsn set -o run --crop 16 --width 8 --steps 2 --batch 2 --workers 1"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*program, *words.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (folder / "run" / "last.ckpt").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    # As a terminal does it: every process of the command is asked.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "spikecam: interrupted; repeat the command to go on from the last epoch\n"


def test_spikegen_from_pictures_to_samples(folder, spikecam):
    sizes = "--channels 4 --width 8 --deep-width 8 --blocks 0 --deep-blocks 0"
    (folder / "photos").symlink_to((folder / "set").resolve().parent / "photos")
    commands = f"""
        train autoencoder photos -o codec --crop 64 {sizes} {QUICK}
        train latents photos -o cache --autoencoder codec/autoencoder.safetensors
            --crop 64 --crops-per-picture 1
        train spikegen cache -o begun --autoencoder codec/autoencoder.safetensors {QUICK}
        train spikegen-tuned set --pictures photos -o tuned --weights begun/spikegen.safetensors
            --autoencoder codec/autoencoder.safetensors
            --frames 8 --crop 64 --pixel-weight 1 {QUICK}
    """
    for words in commands.replace("\n            ", " ").strip().splitlines():
        ended = spikecam(*words.split())
        assert (ended.code, ended.err) == (0, ""), words
    pair = sc.read_spike_gopro("set", "val")[0]
    ended = spikecam(
        *("generate", pair.blur, pair.spikes, "--size", "24x16", "-o", "mean.png"),
        *("--spread", "spread.png"),
        *("--each", "samples", "--samples", 2, "--steps", 2),
        *("--weights", "tuned/spikegen.safetensors"),
        *("--autoencoder", "codec/autoencoder.safetensors"),
    )
    assert (ended.code, ended.err) == (0, "")
    assert sc.read_picture("mean.png").shape == (64, 96, 3)
    assert sc.read_picture("spread.png").max() == 1
    assert len(list((folder / "samples").iterdir())) == 2
    assert ended.out.startswith("exposure ")
    said = ended.out.splitlines()[2:]
    assert "\nencoding " in ended.out
    assert said[0] == "mean.png: frame " + said[0].split()[-1]
    assert said[1] == "samples: 2 samples"
    assert said[2].startswith("spread.png: standard deviation of the samples, 0.")


def test_spikegen_asks_for_what_it_lacks(folder, spikecam):
    blur = sc.read_spike_gopro("set", "val")[0].blur
    for words, said in (
        ("train spikegen set -o run", "spikecam train latents"),
        ("train spikegen set -o run --size huge", "a size is one of base, small, tiny"),
        ("train spikegen-tuned -o run", "a data set with blurry pictures, or a folder of pictures"),
        ("train latents set/none -o cache", "no folder of pictures"),
        ("generate set/none.png -o out.png", "set/none.png"),
        (f"generate {blur} -o out.png --spread s.png --steps 1", "--spread tells how far samples"),
        ("generate a.dat b.txt -o out.png", "a.dat and b.txt are no pictures, neither of them"),
    ):
        ended = spikecam(*words.split())
        assert ended.code == 2, words
        assert said in ended.err, ended.err
        assert ended.err.count("\n") == 1
