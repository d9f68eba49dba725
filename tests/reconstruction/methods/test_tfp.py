import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.errors import RangeError
from spikecam.reconstruction.methods.tfp import TfpOptions, tfp
from spikecam.stream import SpikeStream


@settings(max_examples=40)
@given(
    st.integers(1, 5), st.integers(1, 20), st.sampled_from([1, 3, 9]), st.integers(1, 40), st.data()
)
def test_every_frame_is_the_mean_of_its_window(height, width, window, step, data):
    array = np.random.default_rng(width).integers(0, 2, (60, height, width), np.uint8)
    half = window // 2
    start = data.draw(st.integers(half, 59 - half))
    stop = data.draw(st.integers(start + 1, 60 - half))
    frames = range(start, stop, step)
    pictures = list(tfp(SpikeStream.from_array(array), frames, TfpOptions(window=window)))
    assert len(pictures) == len(frames)
    for frame, picture in zip(frames, pictures, strict=True):
        assert picture.dtype == np.float32
        expected = array[frame - half : frame + half + 1].mean(axis=0)
        assert np.allclose(picture, expected, atol=1e-6)


@settings(max_examples=40)
@given(st.floats(0, 1), st.integers(0, 200), st.floats(0, 1))
def test_constant_light_gives_its_rate(rate, half, phase):
    window = 2 * half + 1
    fired = np.diff(np.floor(rate * np.arange(window + 1) + phase))
    stream = SpikeStream.from_array(fired[:, None, None])
    (picture,) = tfp(stream, range(half, half + 1), TfpOptions(window=window))
    assert abs(picture[0, 0] - rate) <= 1 / window + 1e-6


def test_white_is_exactly_one():
    stream = SpikeStream.from_array(np.ones((200, 2, 9)))
    for picture in tfp(stream, range(20, 180), TfpOptions(window=41)):
        assert (picture == 1).all()


def test_a_window_that_leaves_is_refused_before_any_work(spikes):
    stream = SpikeStream.from_array(spikes(50, 2, 3))
    for frames in (range(3, 30), range(30, 48)):
        with pytest.raises(RangeError, match="from 4 to 45"):
            tfp(stream, frames, TfpOptions(window=9))


def test_frames_own_their_memory(spikes):
    pictures = list(
        tfp(SpikeStream.from_array(spikes(400, 20, 20)), range(4, 396), TfpOptions(window=9))
    )
    kept = [p.copy() for p in pictures]
    pictures[0][:] = 7
    assert all(np.array_equal(a, b) for a, b in zip(pictures[1:], kept[1:], strict=True))
