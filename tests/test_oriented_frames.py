import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam import bits, oriented_frames
from spikecam.errors import ResourceError
from spikecam.orientation import ROTATIONS, Orientation
from spikecam.oriented_frames import OrientedFrames
from spikecam.stream import SpikeStream


@st.composite
def orientations(draw, height, width):
    flip = draw(st.sampled_from((None, "vertical", "horizontal", "both")))
    degrees = draw(st.sampled_from(ROTATIONS))
    if degrees in (90, 270):
        height, width = width, height
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
    crop = draw(st.sampled_from((None, ((top, bottom), (left, right)))))
    return Orientation(flip, degrees, crop)


@given(
    st.integers(1, 12),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 9),
    st.integers(0, 99),
    st.data(),
)
def test_a_stream_is_oriented_as_its_array(frames, height, width, surplus, seed, data):
    """Any size, rows stored wider than the frame, and any part of the recording."""
    rng = np.random.default_rng(seed)
    stored = rng.integers(0, 2, (frames, height, width + surplus), np.uint8)
    stream = SpikeStream(bits.pack(stored), (height, width), row_width=width + surplus)
    orientation = data.draw(orientations(height, width))
    expected = orientation.apply(stored[:, :, :width])
    oriented = stream.orient(orientation)
    assert np.array_equal(np.asarray(oriented), expected)
    assert np.array_equal(oriented.count(), expected.sum(axis=0))
    start = data.draw(st.integers(0, frames - 1))
    cut = oriented[start:]
    plain = SpikeStream.from_array(expected[start:])
    assert np.array_equal(cut.packed_rows(), plain.packed_rows())


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_flips_and_rotations_undo_each_other(height, width, seed):
    array = np.random.default_rng(seed).integers(0, 2, (3, height, width), np.uint8)
    stream = SpikeStream.from_array(array)
    for back in (
        stream.flip("vertical").flip("vertical"),
        stream.flip("vertical").flip("horizontal").flip("both"),
        stream.rotate(90).rotate(270),
        stream.rotate(90).rotate(90).rotate(180),
        stream.flip("both").rotate(180),
        stream.rotate(90).flip("vertical").rotate(90).flip("vertical"),
    ):
        assert np.array_equal(back.packed(), stream.packed())


def test_frames_are_read_in_small_parts_and_only_those_asked_for(monkeypatch):
    monkeypatch.setattr(oriented_frames, "_PART_BYTES", 40)
    spans = []

    def read(start, stop):
        spans.append((start, stop))
        return np.zeros((stop - start, 4, 4), np.uint8)

    store = OrientedFrames(read, (1_000_000, 4, 4), Orientation(rotate=90))
    assert spans == []
    assert store[500:505].shape == (5, 2)
    assert spans == [(500, 502), (502, 504), (504, 505)]
    assert store[7:7].shape == (0, 2)
    with pytest.raises(ResourceError, match="reading frames 0:"):
        OrientedFrames(read, (1 << 60, 4, 4), Orientation(rotate=90))[:]
