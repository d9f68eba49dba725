import warnings

import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.pair import PairSettings, match_pair
from spikecam.encoding import SRGB
from spikecam.io.hdr import write_hdr_picture


def test_the_encoding_is_measured_or_taken(simulated_pair):
    picture, stream = simulated_pair("srgb")
    pair = match_pair(picture, stream, stream.exposure)
    blurry, fact = pair.picture, pair.facts[-1]
    assert blurry.encoding.name == "srgb"
    assert "measured from the pair" in fact
    pair = match_pair(picture, stream, stream.exposure, settings=PairSettings(encoding="gamma:2.2"))
    blurry, fact = pair.picture, pair.facts[-1]
    assert (blurry.encoding.name, fact) == ("gamma:2.2", "encoding gamma:2.2")


def test_another_scene_is_refused(simulated_pair):
    _, stream = simulated_pair("srgb")
    other, _ = simulated_pair("srgb", seed=1)
    with pytest.raises(sc.GeometryError, match=r"a\.png and the spikes of frames 5:45 do not show"):
        match_pair(other, stream, stream.exposure, name="a.png")
    for encoding in ("srgb", "auto"):
        match_pair(
            other,
            stream,
            stream.exposure,
            settings=PairSettings(encoding=encoding, check_match=False),
        )


@pytest.mark.parametrize(
    ("flip", "words"),
    [("vertical", "flipped vertically"), ("horizontal", "flipped hor"), ("both", "turned by 180")],
)
def test_a_flipped_recording_names_its_turn(simulated_pair, flip, words):
    picture, stream = simulated_pair("srgb")
    way = r"\(--flip or --rotate, in Python SpikeStream\.flip or rotate\)"
    off = r"turn this check off \(--no-check-match, in Python check_match=False\)"
    with pytest.raises(sc.GeometryError, match=f"{words}.*{way}, or {off}"):
        match_pair(
            picture, stream.flip(flip), stream.exposure, settings=PairSettings(encoding="srgb")
        )


def test_a_wrong_encoding_warns(simulated_pair):
    picture, stream = simulated_pair("srgb")
    with pytest.warns(UserWarning, match="read as linear, but the pair shows srgb"):
        match_pair(picture, stream, stream.exposure, settings=PairSettings(encoding="linear"))


def test_a_picture_that_is_nearly_white_is_refused(simulated_pair):
    picture, stream = simulated_pair("srgb")
    white = np.ones_like(picture)
    white[:20, :26] = picture[:20, :26] * 0.9
    with pytest.raises(sc.OptionError, match=r"clipped to white in 9\d%.*less time"):
        match_pair(white, stream, stream.exposure)


def test_light_above_white_is_linear(simulated_pair, tmp_path):
    picture, stream = simulated_pair("srgb")
    light = SRGB.decode(picture) * np.float32(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pair = match_pair(light, stream, stream.exposure)
    blurry, fact = pair.picture, pair.facts[-1]
    assert (blurry.encoding.name, fact) == ("linear", "encoding linear")
    assert np.array_equal(blurry.light, light)
    with pytest.raises(sc.OptionError, match="which only linear light has"):
        match_pair(light, stream, stream.exposure, settings=PairSettings(encoding="srgb"))
    # A file of linear light is so below white as well.
    write_hdr_picture(tmp_path / "a.exr", light / 6)
    pair = match_pair(tmp_path / "a.exr", stream, stream.exposure)
    blurry, fact = pair.picture, pair.facts[-1]
    assert (blurry.encoding.name, fact) == ("linear", "encoding linear")
    for wrong in (-light, light * np.float32(np.nan)):
        with pytest.raises(sc.OptionError, match=r"in \[0, 1\]"):
            match_pair(wrong, stream, stream.exposure)


def test_what_an_alignment_does_not_cover_is_not_compared(simulated_pair):
    picture, stream = simulated_pair("srgb")
    shifted = sc.Alignment(((4, 0, 61.5), (0, 4, 1.5), (0, 0, 1)), (40, 52), (160, 208))
    moved = np.full_like(picture, 0.5)
    moved[:, 60:] = picture[:, :-60]
    rectified, covered = shifted.rectify(moved), shifted.inside_mask()
    blurry = match_pair(rectified, stream, stream.exposure, covered=covered).picture
    assert blurry.encoding.name == "srgb"
