"""Laws of encodings: inverse, exact where they are named, refused where they cannot be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.encoding import (
    LINEAR,
    SRGB,
    Encoding,
    gamma_encoding,
    gray_light,
    parse_encoding,
    quarter_gray_light,
)

VALUES = np.linspace(0, 1, 1001, dtype=np.float32)


def s_curve():
    x = np.linspace(0, 1, 33)
    return Encoding("s", (x + 3 * x**2 - 2 * x**3) / 2)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(2.2), s_curve()], ids=str)
def test_decoding_is_the_inverse_of_encoding(encoding):
    # Tables meet the knots of a coarse curve only nearly.
    exact = 1e-3 if encoding.name == "s" else 2e-5
    assert encoding.decode(encoding.encode(VALUES)) == pytest.approx(VALUES, abs=exact)
    back = encoding.encode(encoding.decode(VALUES[50:]))
    assert back == pytest.approx(VALUES[50:], abs=10 * exact)
    assert encoding.decode([0.0, 1.0]).tolist() == [0, 1]
    assert encoding.encode([0.0, 1.0]).tolist() == [0, 1]


def test_srgb_is_the_formula():
    assert SRGB.decode(VALUES) == pytest.approx(sc.srgb_to_linear(VALUES), abs=1e-6)


def test_linear_values_are_left_as_they_are():
    values = np.array([-0.5, 0.1, 3.0], np.float32)
    for encoding in (LINEAR, gamma_encoding(1)):
        assert encoding.is_linear
        assert encoding.decode(values) is values
        assert encoding.encode(values) is values
    assert not SRGB.is_linear


@given(st.floats(0.3, 4), st.floats(1, 8))
def test_light_above_white_has_a_value(gamma, light):
    gamma = round(gamma, 3)
    encoding = gamma_encoding(gamma)
    value = float(encoding.encode(np.float32(light)))
    assert value >= 1
    assert float(encoding.decode(np.float32(value))) == pytest.approx(light, rel=1e-3)
    assert value == pytest.approx(light ** (1 / gamma), rel=5e-3)


def test_values_rise_with_light_through_white():
    light = np.linspace(0.9, 1.2, 301, dtype=np.float32)
    for encoding in (SRGB, s_curve()):
        steps = np.diff(encoding.encode(light))
        assert (steps > 0).all()
        assert steps.max() < 0.005


@pytest.mark.parametrize(
    ("light", "weights", "words"),
    [
        ([0, 0.6, 0.4, 1], None, "does not rise from 0 to 1"),
        ([0, 0.5], None, "does not rise from 0 to 1"),
        ([1.0], None, "at least two numbers"),
        ([0, np.nan, 1], None, "at least two numbers"),
        ([0, 1], (0.5, 0.6, 0.1), "sum of 1"),
        ([0, 1], (1.5, -0.5, 0), "sum of 1"),
    ],
)
def test_what_is_no_curve_is_refused(light, weights, words):
    with pytest.raises(sc.OptionError, match=words):
        Encoding("a", np.array(light), *([weights] if weights else []))


def test_notations():
    assert parse_encoding("Linear") is LINEAR
    assert parse_encoding("SRGB") is SRGB
    assert parse_encoding(SRGB) is SRGB
    assert str(parse_encoding("gamma:2.2")) == "gamma:2.2"
    for text, words in {
        "rec709": "no encoding 'rec709'",
        "gamma:x": "has a number",
        "gamma:9": "from 0.2 to 5",
    }.items():
        with pytest.raises(sc.OptionError, match=words):
            parse_encoding(text)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(0.45), s_curve()], ids=str)
def test_a_file_brings_the_curve_back(tmp_path, encoding):
    weights = (0.2, 0.7, 0.1)
    Encoding("x", encoding.light, weights).save(tmp_path / "rig.json")
    back = parse_encoding(tmp_path / "rig.json")
    assert (back.name, back.colour_weights) == ("rig.json", weights)
    assert back.is_linear == encoding.is_linear
    assert back.decode(VALUES) == pytest.approx(encoding.decode(VALUES), abs=2e-6)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "tone.json"
    gamma_encoding(2).save(path)
    content = json.loads(path.read_text())
    for wrong in (
        "{",
        "[]",
        json.dumps(content | {"format": "other"}),
        json.dumps(content | {"light": "abc"}),
        json.dumps(content | {"colour_weights": [1]}),
    ):
        path.write_text(wrong)
        with pytest.raises(sc.FileError, match=r"tone\.json holds no encoding.*calibrate tone"):
            parse_encoding(path)
    path.write_text(json.dumps(content | {"light": [0, 0.5, 0.4, 1]}))
    with pytest.raises(sc.FileError, match="does not rise"):
        parse_encoding(path)
    with pytest.raises(sc.FileError, match="does not exist"):
        parse_encoding(tmp_path / "none.json")


def test_gray_light_is_weighed_after_decoding():
    picture = np.array([[[0, 128, 255]]], np.uint8)
    green = SRGB.decode(128 / 255)
    _, of_green, of_blue = SRGB.colour_weights
    assert gray_light(picture, SRGB)[0, 0] == pytest.approx(of_green * green + of_blue, abs=1e-5)
    picture = np.arange(3 * 64, dtype=np.uint8).reshape(8, 8, 3)
    assert np.array_equal(quarter_gray_light(picture, LINEAR), sc.quarter_gray(picture))
    middle = gray_light(picture[1:3, 1:3], SRGB).mean()
    assert quarter_gray_light(picture, SRGB)[0, 0] == pytest.approx(middle, abs=1e-6)
