import numpy as np
import pytest

from spikecam import rows
from spikecam.errors import OptionError, RangeError
from spikecam.reconstruction import intervals
from spikecam.reconstruction.interval_pictures import (
    find_block_ends,
    frame_number_type,
    write_inverse_intervals,
)
from spikecam.reconstruction.methods.tfi import TfiOptions, tfi
from spikecam.stream import SpikeStream


def by_definition(train, t, reach):
    """1 / (n - p) of one pixel, written out."""
    length = len(train)
    fired = np.flatnonzero(train)

    def outside(first_spikes):
        """Where the spike before the recording's first is taken to be."""
        near = [s for s in first_spikes if s < min(reach, length)]
        return min(2 * near[0] - near[1], -1) if len(near) > 1 else -1

    before = [s for s in fired if t - reach <= s <= t]
    after = [s for s in fired if t < s <= t + reach]
    p, n = t - reach - 1, t + reach + 1
    if before:
        p = before[-1]
    elif t - reach <= 0:
        p = max(p, outside(fired))
    if after:
        n = after[0]
    elif t + reach >= length - 1:
        n = min(n, length - 1 - outside(sorted(length - 1 - fired)))
    return 1 / (n - p)


@pytest.mark.parametrize(
    ("length", "reach"), [(60, 8), (60, 100), (5, 3), (1, 4), (30, 1), (40, 39), (40, 40), (40, 41)]
)
@pytest.mark.parametrize("width", [8, 11])
def test_every_frame_follows_the_definition(monkeypatch, length, reach, width):
    # Small blocks, so that state crosses their edges.
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 4 * 3 * width * 7)
    monkeypatch.setattr(intervals, "_BLOCK_BYTES", 25)
    rng = np.random.default_rng(length + reach)
    array = (rng.random((length, 3, width)) < 0.4 * rng.random((3, width))).astype(np.uint8)
    stream = SpikeStream.from_array(array)
    every = list(tfi(stream, range(length), TfiOptions(reach=reach)))
    for t in range(length):
        expected = [
            [by_definition(array[:, y, x], t, reach) for x in range(width)] for y in range(3)
        ]
        assert np.allclose(every[t], expected)
        assert np.array_equal(next(tfi(stream, range(t, t + 1), TfiOptions(reach=reach))), every[t])


def test_constant_light_gives_its_rate_in_every_frame(steady):
    """Also in the first and the last frame, where the enclosing interval is not all seen."""
    rates = 1 / np.arange(1, 41).reshape(4, 10)
    pictures = list(tfi(steady(rates, 300), range(300), TfiOptions()))
    for picture in pictures:
        assert np.allclose(picture, rates)


def test_silence_is_darker_than_any_interval_could_be(steady):
    picture = next(tfi(steady(np.zeros((2, 2)), 1000), range(500, 501), TfiOptions(reach=100)))
    assert np.allclose(picture, 1 / 202)


def test_steps_pick_from_the_same_pictures(spikes):
    stream = SpikeStream.from_array(spikes(200, 3, 10, rate=0.1))
    every = list(tfi(stream, range(200), TfiOptions()))
    for step in (2, 7, 50):
        some = list(tfi(stream, range(5, 190, step), TfiOptions()))
        assert np.array_equal(np.stack(some), np.stack(every[5:190:step]))


def test_wrong_requests(spikes):
    stream = SpikeStream.from_array(spikes(50, 2, 3))
    with pytest.raises(OptionError, match="at least 1 frame"):
        tfi(stream, range(5), TfiOptions(reach=0))
    with pytest.raises(RangeError, match="from 0 to 49"):
        tfi(stream, range(40, 51), TfiOptions())


def test_a_reach_beyond_the_recording_is_the_recording(spikes):
    stream = SpikeStream.from_array(spikes(50, 2, 9, rate=0.1))
    for far in (51, 2**31, 2**40):
        wide = list(tfi(stream, range(50), TfiOptions(reach=far)))
        assert np.array_equal(
            np.stack(wide), np.stack(list(tfi(stream, range(50), TfiOptions(reach=50))))
        )


def test_a_window_is_the_mean_of_its_frames(monkeypatch):
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 4 * 3 * 10 * 7)
    rng = np.random.default_rng(1)
    stream = SpikeStream.from_array(rng.random((60, 3, 10)) < 0.3)
    every = np.stack(list(tfi(stream, range(60), TfiOptions())))
    means = list(tfi(stream, [2, 3, 30, 57], TfiOptions(window=5)))
    for frame, mean in zip([2, 3, 30, 57], means, strict=True):
        assert np.allclose(mean, every[frame - 2 : frame + 3].mean(axis=0), atol=1e-6)


def test_a_window_that_leaves_the_recording_is_refused(steady):
    with pytest.raises(RangeError, match="window"):
        tfi(steady(np.full((4, 8), 0.5), 30), [1], TfiOptions(window=5))
    with pytest.raises(OptionError):
        tfi(steady(np.full((4, 8), 0.5), 30), [10], TfiOptions(window=4))


def test_long_recordings_are_made_of_runs_that_fit_together(spikes):
    array = spikes(300, 5, 21, 0.05)
    pictures = list(tfi(SpikeStream.from_array(array), range(300), TfiOptions()))
    for at in (0, 126, 127, 128, 129, 255, 256, 299):
        alone = next(tfi(SpikeStream.from_array(array), [at], TfiOptions()))
        assert np.array_equal(pictures[at], alone), at


def test_a_reach_beyond_16_bits_gives_the_same(spikes):
    stream = SpikeStream.from_array(spikes(60, 4, 16))
    assert frame_number_type(128, 256) is np.int16
    assert frame_number_type(128, 40_000) is np.int32
    # Frame numbers would fit, but not the length of an interval.
    assert frame_number_type(128, 20_000) is np.int32
    pictures = [np.empty((3, 4, 16), np.float32) for _ in range(2)]
    for kind, out in zip((np.int16, np.int32), pictures, strict=True):
        begins, following = np.full((4, 16), -1, kind), np.full((4, 16), 60, kind)
        (ends, *_) = find_block_ends(stream.packed_rows(), 3, following)
        write_inverse_intervals(stream.packed_rows(0, 3), 0, 99, begins, ends, out)
    assert np.array_equal(*pictures)
