"""Encoding of captures: measured once for the rig, and kept for a run that goes on."""

from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.train.datasets.capture_encoding import measure_rig_encoding, with_encodings
from spikecam.train.datasets.pseudo_scenes import make_pseudo_scenes

CURVE = sc.parse_encoding("gamma:1.6")


@pytest.fixture
def published(captures, tmp_path):
    """Captures of smooth colours in gamma 1.6, whose data set says nothing of it."""
    made = []
    for number, pair in enumerate(sc.read_spike_gopro(captures)[:3]):
        coarse = np.random.default_rng(number).random((10, 12, 3)).astype(np.float32)
        light = np.kron(coarse, np.ones((16, 16, 1), np.float32))
        sc.save(tmp_path / f"{number}.png", CURVE.encode(light))
        gray = light[::4, ::4] @ np.array([0.25, 0.6, 0.15], np.float32)
        stream = sc.simulate([gray] * 61, "ideal", seed=number)
        sc.save(tmp_path / f"{number}.dat", stream)
        made.append(
            replace(
                pair,
                spikes=tmp_path / f"{number}.dat",
                blur=tmp_path / f"{number}.png",
                encoding=sc.parse_encoding("linear"),
                encoding_is_known=False,
            )
        )
    return made


def test_the_curve_and_weights_of_a_rig_are_measured(published):
    encoding, fact = measure_rig_encoding(published)
    values = np.linspace(0, 1, 50)
    assert np.abs(encoding.decode(values) - CURVE.decode(values)).max() < 0.02
    assert encoding.colour_weights == pytest.approx((0.25, 0.6, 0.15), abs=0.02)
    assert "measured from 3 of 3 captures" in fact


def test_a_run_that_goes_on_reads_what_was_measured(published, tmp_path):
    said = []
    record = tmp_path / "run" / "encoding.json"
    first = with_encodings(published, "auto", record, said.append)
    again = with_encodings(published, "auto", record, said.append)
    assert "measured before" in said[1]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.encoding.light, other.encoding.light)
        assert one.encoding.colour_weights == other.encoding.colour_weights
        assert np.abs(one.encoding.decode(0.5) - CURVE.decode(0.5)) < 0.02


def test_what_a_data_set_or_a_user_says_is_not_measured(captures, published, tmp_path):
    known = sc.read_spike_gopro(captures)
    record = tmp_path / "encoding.json"
    assert with_encodings(known, "auto", record) == known
    assert {pair.encoding.name for pair in with_encodings(published, "srgb", record)} == {"srgb"}
    assert not record.exists()
    with pytest.raises(sc.OptionError, match="no encoding 'log'"):
        with_encodings(published, "log", record)


def test_pseudo_scenes_have_the_encoding_of_the_captures(published, tmp_path):
    run = tmp_path / "run"
    pairs = with_encodings(published, "auto", run / "encoding.json")
    made = make_pseudo_scenes(pairs, run, scene_count=2, seed=0)
    for split in ("train", "val"):
        if not (made / split).is_dir():
            continue
        for pair in sc.read_spike_gopro(made, split):
            assert pair.encoding_is_known
            assert np.array_equal(pair.encoding.light, pairs[0].encoding.light)
            assert pair.encoding.colour_weights == pytest.approx(pairs[0].encoding.colour_weights)
    # No place outside of the data set is in its manifest.
    assert str(tmp_path) not in (made / "manifest.json").read_text()
    moved = made.rename(tmp_path / "moved")
    assert sc.read_spike_gopro(moved)[0].encoding.name.startswith("encoding_")


def test_dark_captures_are_taken_as_photographs(published, tmp_path):
    sc.save(tmp_path / "black.png", np.zeros((160, 192, 3)))
    dark = [replace(published[0], blur=tmp_path / "black.png")]
    encoding, fact = measure_rig_encoding(dark)
    assert encoding.name == "srgb"
    assert "none of 1 captures" in fact
