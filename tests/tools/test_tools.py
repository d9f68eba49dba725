"""The tools run, and make what is committed."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam import sample
from spikecam.networks.configs.refiner import RefinerConfig, RefinerInputConfig
from spikecam.networks.refiner import Refiner

TOOLS = Path(__file__).parents[2] / "tools"
PICTURES = TOOLS.parent / "docs" / "pictures"


def run(monkeypatch, tool, *args):
    monkeypatch.setattr(sys, "argv", [tool, *map(str, args)])
    monkeypatch.syspath_prepend(str(TOOLS))
    runpy.run_path(str(TOOLS / tool), run_name="__main__")


def test_the_sample_is_what_its_tool_renders(monkeypatch, tmp_path):
    run(monkeypatch, "make_sample.py", "-o", tmp_path)
    # Another version of the drawing library may round a level differently.
    blur = sc.read_picture(tmp_path / "blur.png")
    assert np.abs(blur - sc.read_picture(sample.BLUR)).max() < 0.02
    rendered, shipped = (sc.open(p).count() for p in (tmp_path / "spikes.dat", sample.SPIKES))
    assert np.abs(rendered - shipped).mean() < 0.5
    sidecar = sample.SPIKES.name + ".json"
    assert (tmp_path / sidecar).read_text() == sample.SPIKES.with_name(sidecar).read_text()


def test_curves_of_training_are_drawn_from_the_tables_of_the_runs(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(TOOLS))
    tool = runpy.run_path(str(TOOLS / "make_spikegen_pictures.py"))
    runs = [tmp_path / name for name in ("begun", "tuned")]
    rows = ["step,name,value"]
    rows += [f"{step},{name},{step}" for name in ("train/loss", "val/psnr") for step in (9, 19)]
    for run in runs:
        run.mkdir()
        (run / "metrics.csv").write_text("\n".join(rows))
    tool["training"](tmp_path, runs)
    assert sc.read_picture(tmp_path / "spikegen-training.png").std() > 0.05


def test_pictures_of_what_is_out_of_focus_are_made(monkeypatch, tmp_path, refocuser):
    monkeypatch.syspath_prepend(str(TOOLS))
    monkeypatch.setattr("spikecam.bench.out_of_focus._SIZE", (64, 80))
    tool = runpy.run_path(str(TOOLS / "make_defocus_pictures.py"))
    for axis, values in tool["AXES"].items():
        for measure in ("psnr", "ssim"):
            lines = [",".join(["method", *map(str, values)])]
            lines += [",".join([f'"{label}"', *("20" for _ in values)]) for label in tool["SHOWN"]]
            (tmp_path / f"defocus-{axis}-{measure}.csv").write_text("\n".join(lines))
    said = ["tool", str(tmp_path), "--weights", str(refocuser), "-o", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", said)
    tool["main"]()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"defocus-curves.png", "defocus.jpg", "defocus-failures.jpg"}
    for name in names:
        assert sc.read_picture(tmp_path / "out" / name).std() > 0.05


def test_weights_of_a_run_become_those_that_ship(monkeypatch, tmp_path, capsys, data):
    card = sc.Card("run", "it", "set", "the command", "1f", "not stated", (("x", "1"),), "all")
    network = Refiner(RefinerConfig(width=8, deep_width=8, blocks=2, flow_warp=False))
    sc.save_weights(tmp_path / "run.safetensors", network, card)
    words = (
        tmp_path / "run.safetensors",
        "mine",
        "Sharp.",
        "--data",
        "photos",
        "--limits",
        "night",
    )
    run(monkeypatch, "ship_weights.py", *words, "-o", tmp_path)
    info = sc.read_weights_info(tmp_path / "mine.safetensors")
    network, made = info.network, info.card
    assert (made.name, made.recipe, made.licence) == ("mine", "the command", "MIT")
    assert made.scores == card.scores
    judged = (*words, "-o", tmp_path, "--judge", data / "val_sequences", "refined")
    run(monkeypatch, "ship_weights.py", *judged)
    made = sc.read_weights_info(tmp_path / "mine.safetensors").card
    # Untrained, it gives what SDM gives.
    assert made.scores[0][1].startswith("2")


def test_a_refiner_takes_more_inputs(tmp_path):
    config = RefinerConfig(width=8, deep_width=8, blocks=2, moment_maps=19, colour_lines=False)
    before = Refiner(config, RefinerInputConfig(aligned_windows=0, gray_weights=""))
    torch.nn.init.normal_(before.predict.weight)
    card = sc.Card("run", "it", "set", "the command", "1f", "not stated", (), "all")
    sc.save_weights(tmp_path / "small.safetensors", before, card)
    out = tmp_path / "large.safetensors"
    tool = runpy.run_path(str(TOOLS / "extend_refiner.py"))
    tool["extend"](tmp_path / "small.safetensors", output=out)
    after, _ = sc.load_weights(out)
    assert after.config == RefinerConfig(width=8, deep_width=8, blocks=2)
    assert torch.equal(after.predict.weight[3:], before.predict.weight[1:])
    assert torch.equal(after.moment.weight[:, :-5], before.moment.weight)
    # What is new has no effect yet.
    assert not after.moment.weight[:, -5:].any()
    assert not after.predict.weight[1:3].any()


def test_sdm_is_tuned_on_photographs(monkeypatch, data, capsys):
    run(monkeypatch, "tune_sdm.py", data / "train_photos", "--scenes", 1)
    assert len(capsys.readouterr().out.splitlines()) == 21


def test_pictures_of_the_camera_are_made(monkeypatch, tmp_path, capsys):
    run(monkeypatch, "make_camera_pictures.py", "-o", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"fixed-pattern.jpg", "alignment.jpg"}
    assert "pixels off before" in capsys.readouterr().out


def test_the_pictures_of_the_manual_are_what_their_tool_makes(monkeypatch, tmp_path):
    run(monkeypatch, "make_manual_pictures.py", "--no-app", "-o", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sizes.jpg"]
    new, shown = (sc.read_picture(f / "sizes.jpg") for f in (tmp_path, PICTURES))
    assert np.abs(new - shown).mean() < 0.01


def test_the_lines_of_the_gallery_make_its_pictures(monkeypatch, tmp_path):
    tool = runpy.run_path(str(TOOLS / "make_gallery.py"))
    text = tool["GALLERY"].read_text()
    entries = tool["ENTRY"].findall(text)
    assert all(len(lines.splitlines()) == 3 for lines, _ in entries)
    # All lines but those that stand before, and more than a dozen.
    assert text.count("```python") == len(entries) + 1 > 13
    run(monkeypatch, "make_gallery.py", "-o", tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {name for _, name in entries}
    for name in names:
        assert (PICTURES / name).stat().st_size < 150_000, name
        read = sc.read_video if name.endswith(".mp4") else sc.read_picture
        new, shown = (read(folder / name) for folder in (tmp_path, PICTURES))
        assert np.abs(new - shown).mean() < 0.01, name


def test_plots_of_reconstruction_are_made(monkeypatch, tmp_path):
    run(
        monkeypatch,
        "make_reconstruction_plots.py",
        "--method",
        "tfp:11",
        "--limit",
        1,
        "-o",
        tmp_path,
    )
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"reconstruct-speed.png", "reconstruct-light.png"}


def test_examples_in_docstrings_become_sections(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    pytest.importorskip("griffe", reason="the manual's tools need Python 3.11")
    import manual_examples

    plain = "Add.\n\nArgs:\n    x: it."
    assert manual_examples.sectioned(plain) == plain
    shown = manual_examples.sectioned("Add.\n\n>>> 1 + 1\n2\n>>> 2\n2\n\nRaises:\n    E: no.")
    example = "Examples:\n    >>> 1 + 1\n    2\n    >>> 2\n    2"
    assert shown == f"Add.\n\n{example}\n\nRaises:\n    E: no."
