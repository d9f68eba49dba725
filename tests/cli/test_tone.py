"""``calibrate tone``, its file as an encoding, and ``deblur --hdr``."""

import json
import sys

import numpy as np
import pytest

import spikecam as sc
from spikecam.encoding import SRGB, quarter_gray_light


@pytest.fixture(scope="module")
def pair_folder(tmp_path_factory):
    """A picture in sRGB with a lamp beyond white, its spikes, and an alignment of both."""
    folder = tmp_path_factory.mktemp("pair")
    y, x = np.mgrid[:160, :208].astype(np.float32)
    light = 0.3 * (1 + np.sin(x / 9) * np.cos(y / 7))[..., None] * np.array([0.9, 1, 0.7])
    lamp = 1.5 * np.exp(-((x - 150) ** 2 + (y - 80) ** 2) / 400)[..., None]
    light = (light + lamp).astype(np.float32)
    sc.save(folder / "rgb.png", SRGB.encode(np.minimum(light, 1)))
    # White fires in 0.4 of the frames.
    gray = quarter_gray_light(light / 2.5, sc.parse_encoding("linear"))
    sc.save(folder / "spikes.dat", sc.simulate([gray] * 60, "s-sdm", exposure=(10, 50)))
    # Two dark and bright views, each too flat to show the curve, exposed for different times.
    for name, low, high, white in (("dark", 0.1, 0.35, 1.0), ("bright", 0.6, 0.95, 0.4)):
        blocks = np.random.default_rng(len(name)).uniform(low, high, (20, 26, 3))
        values = np.kron(blocks, np.ones((8, 8, 1))).astype(np.float32)
        sc.save(folder / f"{name}.png", values)
        light = quarter_gray_light(values, SRGB) * np.float32(white)
        sc.save(folder / f"{name}.dat", sc.simulate([light] * 60, "s-sdm", exposure=(10, 50)))
    sc.save(folder / "gray.png", np.full((160, 208, 3), 0.5))
    sc.Alignment.same_view((40, 52), (160, 208)).save(folder / "align.json")
    return folder


@pytest.fixture
def here(pair_folder, monkeypatch):
    monkeypatch.chdir(pair_folder)
    return pair_folder


def test_a_tone_curve_is_measured_plotted_and_used(here, spikecam):
    words = ("calibrate", "tone", "rgb.png", "spikes.dat", "-o", "tone.json")
    ended = spikecam(*words, "--plot", "tone.png", "--json")
    assert (ended.code, ended.err) == (0, "")
    facts = json.loads(ended.out)
    assert facts["encoding"] == "srgb"
    assert facts["gamma_range"][0] < 2.2 < facts["gamma_range"][1]
    assert facts["explained"] > 0.9
    assert facts["white_rate"] == pytest.approx(0.4, abs=0.02)
    assert sum(facts["colour_weights"]) == pytest.approx(1)
    assert 0 < facts["clipped"] < 0.1
    assert sc.read_picture("tone.png").ndim == 3
    assert sc.parse_encoding("tone.json").decode(0.5) == pytest.approx(SRGB.decode(0.5), abs=1e-4)
    deblur = ("deblur", "rgb.png", "spikes.dat", "--method", "sdm", "-o", "a.png")
    ended = spikecam(*deblur, "--encoding", "tone.json")
    assert ended.code == 0
    assert "encoding tone.json" in ended.out
    ended = spikecam(*words, "--align", "align.json")
    assert ended.code == 0
    assert ended.out.startswith("tone.json: srgb (gamma")


def test_several_pairs_are_measured_together(here, spikecam):
    def calibrate(*words):
        return spikecam("calibrate", "tone", *words, "-o", "both.json", "--overwrite", "--json")

    files = ("dark.png", "dark.dat", "bright.png", "bright.dat")
    ended = calibrate(*files[:2])
    assert ended.code == 2
    assert "the encoding of dark.png is uncertain" in ended.err
    for words in ((), ("--exposure", "10:50"), ("--exposure", "10:50,12:50")):
        ended = calibrate(*files, *words)
        assert (ended.code, ended.err) == (0, "")
        assert json.loads(ended.out)["encoding"] == "srgb"
    for words, message in (
        (files[:3], "pair by pair, and there are 3 files"),
        ((*files, "--exposure", "1:2,3:4,5:6"), "3 spans for 2 pairs"),
    ):
        ended = calibrate(*words)
        assert ended.code == 2
        assert message in ended.err


def test_a_plot_needs_matplotlib(here, spikecam, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    words = ("calibrate", "tone", "rgb.png", "spikes.dat", "-o", "b.json", "--plot", "b.png")
    ended = spikecam(*words)
    assert ended.code == 2
    assert "matplotlib is not installed" in ended.err


def test_light_above_white_is_written_and_read(here, spikecam):
    deblur = ("deblur", "rgb.png", "spikes.dat", "--method", "sdm", "--hdr")
    ended = spikecam(*deblur, "-o", "a.exr")
    assert ended.code == 0
    assert "1 is the white of the photograph" in ended.out
    light = sc.read_picture("a.exr")
    assert 1.4 < light.max() < 2.5
    ended = spikecam(*deblur, "-o", "a.tiff", "--json")
    assert json.loads(ended.out)["white_level"] == 0.25
    assert sc.read_picture("a.tiff") * 4 == pytest.approx(light, abs=1e-4)
    assert "4 x white" in spikecam(*deblur, "-o", "a.tiff").out
    assert spikecam(*deblur, "-o", "folder", "--frames", "2").code == 0
    assert len(list((here / "folder").glob("*.exr"))) == 2
    # And as the blurry picture, with an alignment that keeps what is above white.
    words = ("deblur", "a.exr", "spikes.dat", "--align", "align.json", "--method", "sdm", "--hdr")
    ended = spikecam(*words, "-o", "again.exr")
    assert ended.code == 0
    assert "encoding linear" in ended.out
    assert sc.read_picture("again.exr").max() > 1.4


CASES = {
    "calibrate tone gray.png spikes.dat -o x.json": "do not show the same scene",
    "calibrate tone rgb.png spikes.dat -o x.png": "encodings are written as .json",
    "calibrate tone rgb.png spikes.dat -o x.json --plot x.txt": ".svg",
    "calibrate tone rgb.png spikes.dat -o x.json --flip vertical": "--no-check-match",
    "calibrate tone rgb.png spikes.dat -o x.json --exposure 9:99": "leaves",
    "deblur rgb.png spikes.dat --hdr -o x.png": "written as .exr",
    "deblur rgb.png spikes.dat --hdr -o x.mp4": "written as .exr",
    "deblur rgb.png spikes.dat --hdr --bits 16 -o x.tiff": "leave the bits out",
    "deblur rgb.png spikes.dat -o x.exr": "--hdr",
}


@pytest.mark.parametrize("command", CASES)
def test_what_cannot_be_is_one_line_and_leaves_nothing(here, spikecam, command):
    before = sorted(here.rglob("*"))
    ended = spikecam(*command.split())
    assert ended.code == 2
    assert CASES[command] in ended.err
    assert ended.err.count("\n") == 1
    assert sorted(here.rglob("*")) == before
