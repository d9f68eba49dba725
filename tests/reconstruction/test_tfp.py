import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.errors import RangeError
from spikecam.reconstruction.tfp import tfp
from spikecam.stream import SpikeStream


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 5), st.integers(1, 20), st.sampled_from([1, 3, 9]), st.integers(1, 40), st.data()
)
def test_every_frame_is_the_mean_of_its_window(height, width, window, step, data):
    array = np.random.default_rng(width).integers(0, 2, (60, height, width), np.uint8)
    half = window // 2
    start = data.draw(st.integers(half, 59 - half))
    stop = data.draw(st.integers(start + 1, 60 - half))
    frames = range(start, stop, step)
    pictures = list(tfp(SpikeStream.from_array(array), frames, window=window))
    assert len(pictures) == len(frames)
    for frame, picture in zip(frames, pictures, strict=True):
        assert picture.dtype == np.float32
        expected = array[frame - half : frame + half + 1].mean(axis=0)
        assert np.allclose(picture, expected, atol=1e-6)


def test_constant_light_gives_its_rate(steady):
    rates = np.linspace(0.02, 1, 50).reshape(5, 10)
    picture = next(tfp(steady(rates, 500), range(250, 251), window=401))
    assert np.abs(picture - rates).max() <= 1 / 401 + 1e-6


def test_white_is_exactly_one():
    stream = SpikeStream.from_array(np.ones((200, 2, 9)))
    for picture in tfp(stream, range(20, 180), window=41):
        assert (picture == 1).all()


def test_a_window_that_leaves_is_refused_before_any_work(spikes):
    stream = SpikeStream.from_array(spikes(50, 2, 3))
    for frames in (range(3, 30), range(30, 48)):
        with pytest.raises(RangeError, match="from 4 to 45"):
            tfp(stream, frames, window=9)


def test_frames_own_their_memory(spikes):
    pictures = list(tfp(SpikeStream.from_array(spikes(400, 20, 20)), range(4, 396), window=9))
    kept = [p.copy() for p in pictures]
    pictures[0][:] = 7
    assert all(np.array_equal(a, b) for a, b in zip(pictures[1:], kept[1:], strict=True))
