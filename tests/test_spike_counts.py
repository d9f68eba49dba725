import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikecam as sc
from spikecam.spike_counts import SpikeCounter


def random_frames(frames, frame_bytes, seed):
    return np.random.default_rng(seed).integers(0, 256, (frames, frame_bytes), np.uint8)


def count_by_unpacking(packed):
    return np.unpackbits(packed, axis=1, bitorder="little").sum(axis=0, dtype=np.int64)


@settings(deadline=None)
@given(st.integers(0, 70), st.integers(1, 40), st.integers(0, 70), st.integers(0, 99))
def test_counts_are_those_of_unpacked_frames(frames, frame_bytes, first_block, seed):
    packed = random_frames(frames, frame_bytes, seed)
    counter = SpikeCounter(frame_bytes, frames)
    counter.add(packed[:first_block])
    counter.add(packed[first_block:])
    assert np.array_equal(counter.counts()[: 8 * frame_bytes], count_by_unpacking(packed))


@pytest.mark.parametrize("frame_bytes", [16384 * 2 + 5, 16384 + 8, 16384 * 3])
def test_frames_longer_than_a_chunk_are_counted(frame_bytes):
    packed = random_frames(47, frame_bytes, 0)
    counter = SpikeCounter(frame_bytes, 47)
    counter.add(packed)
    assert np.array_equal(counter.counts()[: 8 * frame_bytes], count_by_unpacking(packed))


def test_frames_at_any_address_and_stride_are_counted():
    stored = random_frames(40, 61, 3)
    stored.flags.writeable = False
    for packed in (
        stored[:, 3:],
        stored[::-2, 1:50],
        np.frombuffer(stored.tobytes()[7:], np.uint8),
    ):
        packed = packed.reshape(-1, 3) if packed.ndim == 1 else packed
        counter = SpikeCounter(packed.shape[1], len(packed))
        counter.add(packed)
        assert np.array_equal(
            counter.counts()[: 8 * packed.shape[1]], count_by_unpacking(np.array(packed))
        )


def test_counts_have_more_than_sixteen_digits():
    counter = SpikeCounter(3, 1 << 17)
    for _ in range(2):
        counter.add(np.full((1 << 16, 3), 0b101, np.uint8))
    assert counter.counts()[:8].tolist() == [1 << 17, 0, 1 << 17, 0, 0, 0, 0, 0]


@given(st.integers(0, 33), st.integers(1, 5), st.integers(1, 19), st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_a_recording_is_counted_upright(frames, height, width, surplus):
    array = np.random.default_rng(frames).integers(0, 2, (frames, height, width), np.uint8)
    wide = np.concatenate([array, np.ones((frames, height, surplus), np.uint8)], axis=2)
    packed = sc.SpikeStream.from_array(wide).packed()
    stream = sc.SpikeStream(packed, (height, width), row_width=width + surplus)
    counts = stream.count()
    assert counts.dtype == np.int64
    assert counts.flags.c_contiguous
    assert np.array_equal(counts, array.sum(axis=0))


@pytest.mark.parametrize("frames", [0, 3, 7, 63, 300])
def test_counts_of_counters_are_added(frames):
    first, second = random_frames(200, 61, 1), random_frames(frames, 61, 2)
    total, other = SpikeCounter(61, 200 + frames), SpikeCounter(61, frames)
    total.add(first)
    other.add(second)
    total.add_counts(other)
    both = np.concatenate([first, second])
    assert np.array_equal(total.counts()[: 8 * 61], count_by_unpacking(both))
    total.clear()
    total.add(second)
    assert np.array_equal(total.counts()[: 8 * 61], count_by_unpacking(second))
