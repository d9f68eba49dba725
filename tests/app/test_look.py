import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.look import (
    WINDOWS,
    Look,
    as_png,
    frame,
    frames_of,
    glance,
    known_sizes,
    look_at,
    seconds,
    trace,
)


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(2000, 6, 21, rate=0.1), rate=20_000)


@pytest.mark.parametrize("method", WINDOWS)
def test_windows_are_what_they_are_elsewhere(stream, method, spikecam):
    told = sc.reconstruct(stream, 1500, method, window=WINDOWS[method])
    np.testing.assert_array_equal(told, sc.reconstruct(stream, 1500, method))
    told_by_help = spikecam("reconstruct", "--help").out
    assert f"{method} {WINDOWS[method]}" in re.sub(r"[│\s]+", " ", told_by_help)


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp", "defocus"])
def test_a_frame_is_what_reconstruct_makes(stream, method):
    look = Look(method, window=51)
    options = {"window": 51} if method in ("tfp", "defocus") else {}
    expected = sc.reconstruct(stream, 1500, method, **options)
    assert frame(stream, 1500, look) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
def test_only_what_is_looked_at_is_read(stream, method, monkeypatch):
    read = []
    packed = sc.SpikeStream.packed

    def counted(self, start=0, stop=None):
        held = packed(self, start, stop)
        read.append(len(held))
        return held

    monkeypatch.setattr(sc.SpikeStream, "packed", counted)
    frame(stream, 1000, Look(method))
    trace(stream, 3, 4, 1000)
    assert sum(read) < 1200


def test_black_and_white_are_held():
    dark, light = np.full((4, 4), 0.2, np.float32), np.linspace(0, 1, 16, dtype=np.float32)
    held = Look(held=(0.0, 0.4)).display(dark)
    assert held(dark) == pytest.approx(0.5)
    assert Look(low=0, high=100).display(light)(light) == pytest.approx(light)


def test_a_png_holds_the_levels():
    picture = np.array([[0, 0.5, 1]])
    assert np.asarray(Image.open(BytesIO(as_png(picture)))).tolist() == [[0, 128, 255]]


def test_a_trace_is_of_one_pixel(stream):
    found = trace(stream, 17, 4, 1000)
    fired = np.flatnonzero(np.asarray(stream)[800:1201, 4, 17]) + 800
    assert found.spikes == fired.tolist()
    assert found.intervals == np.diff(fired).tolist()
    assert found.rate == len(fired) / 401
    assert trace(stream, 0, 0, 3)[:2] == (0, 204)
    with pytest.raises(sc.OptionError, match="no pixel 21, 4 in frames of 21x6"):
        trace(stream, 21, 4, 1000)


def test_frames_are_those_that_a_window_allows(stream):
    assert frames_of(stream, Look("tfp", window=21)) == range(10, 1990)
    assert frames_of(stream, Look("tfi")) == range(2000)


@pytest.mark.parametrize(("at", "window"), [(0, 1), (4, 9), (1000, 41), (1999, 1)])
def test_near_the_ends_a_frame_is_looked_at_with_what_is_there(stream, at, window):
    look = look_at(stream, at)
    assert look == Look(window=window)
    assert at in frames_of(stream, look)


def test_sizes_that_fit_come_first_and_a_glance_shows_the_right_one(tmp_path):
    y, x = np.mgrid[:250, :400]
    shape = ((x - 200) ** 2 + (y - 125) ** 2 < 90**2).astype(float)
    path = tmp_path / "a.dat"
    stream = sc.simulate(np.repeat(0.1 + 0.6 * shape[None], 160, axis=0))
    path.write_bytes(stream.packed().tobytes())
    sizes = known_sizes(path)
    assert (sizes[0].width, sizes[0].height, sizes[0].whole) == (400, 250, True)
    right = np.asarray(Image.open(BytesIO(glance(path, "gen2")))) / 255
    assert np.corrcoef(right.ravel(), shape.ravel())[0, 1] > 0.95
    wrong = np.asarray(Image.open(BytesIO(glance(path, (250, 416))))) / 255
    assert wrong.shape == (250, 416)
    assert abs(np.corrcoef(wrong[:, :400].ravel(), shape.ravel())[0, 1]) < 0.3


def test_times_are_said_in_words():
    assert seconds(68, 20_000) == "3.40 ms"
    assert seconds(40_000, 20_000) == "2 s"
    assert seconds(68, None) == ""
