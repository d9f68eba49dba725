"""Recordings in a list: a small picture and facts."""

import io

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app import recording_card
from spikecam.app.recording_card import recording_facts, thumbnail_png
from spikecam.show.shrunk_picture import shrink_picture


def test_the_thumbnail_is_the_middle_made_small(tmp_path):
    frames = np.zeros((60, 100, 400), np.uint8)
    frames[20:40, :, 200:] = 1
    sc.save(tmp_path / "a.npz", sc.SpikeStream.from_array(frames, rate=1000))
    thumbnail = Image.open(io.BytesIO(thumbnail_png(tmp_path / "a.npz", 1, 1)))
    assert thumbnail.size == (128, 32)
    levels = np.asarray(thumbnail)
    assert levels[:, :60].max() == 0
    assert levels[:, 70:].min() == 255
    assert recording_facts(tmp_path / "a.npz", 1, 1) == ["400 x 100", "60 frames", "60.0 ms"]


def test_large_files_that_may_be_read_as_a_whole_are_not_opened(tmp_path, spikes):
    sc.save(tmp_path / "a.npz", sc.SpikeStream.from_array(spikes(60, 8, 16)))
    for read in (thumbnail_png, recording_facts):
        with pytest.raises(sc.FileError, match="too large"):
            read(tmp_path / "a.npz", recording_card._MAX_FILE_BYTES + 1, 2)


def test_pictures_are_made_smaller_and_never_larger():
    picture = np.random.default_rng(0).random((40, 60, 3), np.float32)
    small = shrink_picture(picture, 30)
    assert small.shape == (20, 30, 3)
    assert small == pytest.approx(picture.reshape(20, 2, 30, 2, 3).mean(axis=(1, 3)), abs=1e-6)
    assert shrink_picture(picture, 60) is picture
