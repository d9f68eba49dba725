import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import OptionError
from spikecam.exposure import FrameAverage, average_frames
from spikecam.srgb import linear_to_srgb, srgb_to_linear


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 256, (97, 6, 8, 3), np.uint8)


@pytest.fixture
def stream(spikes):
    recording = sc.SpikeStream.from_array(spikes(137, 6, 9))
    recording.exposure = (20, 117)
    return recording


def test_blur_is_the_mean(frames):
    expected = (frames.mean(axis=0) / 255).astype(np.float32)
    assert average_frames(iter(frames)).dtype == np.float32
    assert np.array_equal(average_frames(iter(frames)), expected)
    assert np.allclose(average_frames(frames / 255), expected, atol=1e-7)


def test_light_is_averaged_where_asked(frames):
    light = srgb_to_linear(frames / 255).mean(axis=0)
    assert np.allclose(average_frames(frames, encoding="srgb"), linear_to_srgb(light), atol=1e-6)
    assert np.allclose(
        average_frames(frames / 255, encoding="srgb"), linear_to_srgb(light), atol=1e-6
    )
    # Light is bright for longer than gamma-encoded values are.
    assert (average_frames(frames, encoding="srgb") > average_frames(frames)).all()


def test_one_frame_stays_itself(frames):
    one = (frames[0] / 255).astype(np.float32)
    assert np.array_equal(average_frames(frames[:1]), one)
    assert np.allclose(average_frames(frames[:1], encoding="srgb"), one, atol=1e-6)


def test_an_average_takes_frames_one_at_a_time(frames):
    average = FrameAverage()
    for frame in frames:
        average.add(frame)
    assert np.array_equal(average.mean_picture(), average_frames(frames))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "there was none"),
        ([np.zeros((4, 5)), np.zeros((4, 6))], "frame 2 is"),
        ([np.zeros((4, 5)), np.full((4, 5), np.nan)], "frame 2 of an exposure .* nan"),
        ([np.full((4, 5), np.inf)], "inf"),
        ([np.full((4, 5), 1.01)], "from 1.01 to 1.01"),
        ([np.full((4, 5), -0.5)], "from -0.5"),
        ([np.zeros((4, 5), np.int64)], "int64"),
        ([np.zeros((4, 5, 2))], "frame 1 of an exposure is"),
    ],
)
@pytest.mark.parametrize("encoding", ["linear", "srgb", "gamma:2.2"])
def test_frames_that_cannot_be_averaged_are_refused(wrong, message, encoding):
    with pytest.raises(OptionError, match=message):
        average_frames(iter(wrong), encoding=encoding)


def test_frames_are_spread_over_the_exposure_ends_included(stream):
    assert sc.evenly_spaced_frames(stream, 7) == [20, 36, 52, 68, 84, 100, 116]
    assert sc.evenly_spaced_frames(stream, 5) == [20, 44, 68, 92, 116]
    assert sc.evenly_spaced_frames(stream, 2) == [20, 116]
    assert sc.evenly_spaced_frames(stream, 1) == [68]
    assert sc.evenly_spaced_frames(stream, 97) == list(range(20, 117))
    with pytest.raises(sc.OptionError, match="1 to 97"):
        sc.evenly_spaced_frames(stream, 98)


def test_frames_stay_where_their_window_fits(spikes):
    stream = sc.SpikeStream.from_array(spikes(400, 6, 9))
    assert sc.resolve_exposure(stream) == (0, 400)
    spread = sc.evenly_spaced_frames(stream, 7, window=17)
    assert (spread[0], spread[-1]) == (8, 391)
    assert sc.evenly_spaced_frames(stream, 2) == [0, 399]
    with pytest.raises(sc.RangeError, match="smaller window"):
        sc.evenly_spaced_frames(stream, 7, (0, 5), window=21)


def test_the_exposure_is_given_or_recorded_or_the_whole_recording(stream):
    assert sc.resolve_exposure(stream) == (20, 117)
    assert sc.resolve_exposure(stream, (5, 50)) == (5, 50)
    for wrong in ((0, 138), (-1, 5), (5, 5)):
        with pytest.raises(sc.RangeError, match="0:137"):
            sc.resolve_exposure(stream, wrong)


def test_the_length_of_a_recording_says_nothing_of_its_exposure(tmp_path, stream):
    path = tmp_path / "own.dat"
    path.write_bytes(stream.packed().tobytes())
    own = sc.open(path, shape=(6, 9))
    assert len(own) == 137
    assert sc.resolve_exposure(own) == (0, 137)
    sc.save(path, stream)
    assert sc.resolve_exposure(sc.open(path)) == (20, 117)
