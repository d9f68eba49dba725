"""Linear light above white: OpenEXR, 16-bit TIFF, and folders of OpenEXR."""

import os
import sys

import numpy as np
import pytest

import spikecam as sc
from spikecam.io.hdr import write_hdr_picture
from spikecam.io.output import open_output
from spikecam.io.pictures import picture_size

LIGHT = np.linspace(0, 6, 5 * 7 * 3, dtype=np.float32).reshape(5, 7, 3)


@pytest.mark.parametrize("light", [LIGHT, LIGHT[..., 0]], ids=["colours", "gray"])
def test_openexr_brings_light_back_exactly(tmp_path, light):
    write_hdr_picture(tmp_path / "a.exr", light)
    back = sc.read_picture(tmp_path / "a.exr")
    assert back.dtype == np.float32
    assert np.array_equal(back, light)
    assert np.array_equal(sc.read_picture(tmp_path / "a.exr", mirror=True), light[:, ::-1])
    assert os.listdir(tmp_path) == ["a.exr"]
    assert picture_size(tmp_path / "a.exr") == (5, 7)
    (tmp_path / "b.exr").write_bytes((tmp_path / "a.exr").read_bytes()[:40])
    with pytest.raises(sc.FileError, match=r"b.exr is no readable OpenEXR picture"):
        picture_size(tmp_path / "b.exr")


def test_the_highest_level_of_a_tiff_is_four_times_white(tmp_path):
    write_hdr_picture(tmp_path / "a.tiff", LIGHT)
    back = sc.read_picture(tmp_path / "a.tiff") * 4
    assert back == pytest.approx(np.minimum(LIGHT, 4), abs=4 / 65535)


def test_outputs_of_linear_light(tmp_path):
    sc.save(tmp_path / "a.exr", LIGHT, hdr=True)
    assert sc.read_picture(tmp_path / "a.exr").max() == 6
    output = open_output(tmp_path / "folder", hdr=True)
    assert (output.kind, output.white_level) == ("folder", 1)
    output.write([LIGHT] * 2, [8, 9])
    assert sorted(os.listdir(tmp_path / "folder")) == ["008.exr", "009.exr"]
    # It holds nothing but pictures, and so it may be replaced.
    open_output(tmp_path / "folder", hdr=True, overwrite=True).write([LIGHT], [7])
    assert os.listdir(tmp_path / "folder") == ["007.exr"]
    output = open_output(tmp_path / "a.tif", hdr=True)
    assert output.white_level == 0.25
    assert "4 x white" in output.scale_note


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.mp4", "a.gif", "a.zip"])
def test_nothing_else_holds_linear_light(tmp_path, name):
    with pytest.raises(sc.OutputError, match=r"written as \.exr, \.tiff, or a folder"):
        open_output(tmp_path / name, hdr=True)


def test_openexr_is_of_linear_light_alone(tmp_path):
    with pytest.raises(sc.OutputError, match="--hdr"):
        open_output(tmp_path / "a.exr")
    for name in ("a.exr", "a.tiff", "a"):
        with pytest.raises(sc.OptionError, match="leave the bits out"):
            open_output(tmp_path / name, hdr=True, bits=16)
    with pytest.raises(sc.OptionError, match="go with a video"):
        open_output(tmp_path / "a.exr", hdr=True, fps=9)


@pytest.mark.parametrize(
    ("light", "words"),
    [
        (-LIGHT, "at least 0"),
        (LIGHT * np.float32(np.nan), "finite"),
        (LIGHT + np.float32(np.inf), "finite"),
        (np.zeros((3, 3), np.uint8), "floats"),
        (np.zeros(3), "height, width"),
    ],
)
def test_what_is_no_light_is_not_written(tmp_path, light, words):
    with pytest.raises(sc.OptionError, match=words):
        write_hdr_picture(tmp_path / "a.exr", light)
    assert not os.listdir(tmp_path)


def test_files_that_hold_no_light_are_refused(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    (tmp_path / "text.exr").write_text("no picture")
    with pytest.raises(sc.FileError, match="is no OpenEXR picture"):
        sc.read_picture(tmp_path / "text.exr")
    write_hdr_picture(tmp_path / "a.exr", LIGHT)
    content = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "cut.exr").write_bytes(content[:-60])
    with pytest.raises(sc.FileError, match=r"cut\.exr is"):
        sc.read_picture(tmp_path / "cut.exr")
    depth = {"Z": LIGHT[..., 0].copy()}
    exr.File({"type": exr.scanlineimage}, depth).write(str(tmp_path / "depth.exr"))
    with pytest.raises(sc.FileError, match="holds no channels R, G and B, or Y"):
        sc.read_picture(tmp_path / "depth.exr")
    endless = {"Y": np.full((3, 3), np.inf, np.float32)}
    exr.File({"type": exr.scanlineimage}, endless).write(str(tmp_path / "inf.exr"))
    with pytest.raises(sc.FileError, match="not finite"):
        sc.read_picture(tmp_path / "inf.exr")


def test_a_damaged_file_is_an_error_without_words_of_the_library(tmp_path, capfd):
    light = np.random.default_rng(0).random((64, 80, 3), np.float32)
    write_hdr_picture(tmp_path / "a.exr", light)
    content = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "cut.exr").write_bytes(content[: len(content) // 2])
    with pytest.raises(sc.FileError, match=r"cut\.exr is"):
        sc.read_picture(tmp_path / "cut.exr")
    assert capfd.readouterr() == ("", "")
    # Standard error is as before.
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_files_of_other_programs_are_read(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    half = np.concatenate([LIGHT - 0.5, np.ones((5, 7, 1))], axis=2).astype(np.float16)
    exr.File({"type": exr.scanlineimage}, {"RGBA": half}).write(str(tmp_path / "a.exr"))
    back = sc.read_picture(tmp_path / "a.exr")
    assert back == pytest.approx(np.maximum(LIGHT - 0.5, 0), abs=3e-3)


def test_openexr_without_its_package_is_refused_with_the_command(tmp_path, monkeypatch):
    write_hdr_picture(tmp_path / "a.exr", LIGHT)
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    for use in (
        lambda: sc.read_picture(tmp_path / "a.exr"),
        lambda: open_output(tmp_path / "b.exr", hdr=True),
        lambda: open_output(tmp_path / "folder", hdr=True),
    ):
        with pytest.raises(sc.SpikecamError, match=r"OpenEXR is not installed.*pip install"):
            use()
    open_output(tmp_path / "b.tiff", hdr=True)


def test_linear_light_is_no_photograph_and_not_scored(tmp_path):
    write_hdr_picture(tmp_path / "folder" / "000.exr", LIGHT)
    path = tmp_path / "folder" / "000.exr"
    assert not sc.is_picture(path)
    with pytest.raises(sc.FileError, match="scores are of pictures in"):
        sc.score(path, path)
    with pytest.raises(sc.FileError, match="holds no pictures"):
        sc.score(tmp_path / "folder", tmp_path / "folder")
