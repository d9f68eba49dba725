import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spikecam import bits

sizes = st.tuples(st.integers(0, 5), st.integers(1, 12), st.integers(1, 40))


def random_frames(size, seed):
    return np.random.default_rng(seed).integers(0, 2, size, np.uint8)


@given(sizes, st.integers(0, 99))
def test_unpack_undoes_pack_for_any_size(size, seed):
    frames = random_frames(size, seed)
    packed = bits.pack(frames)
    assert packed.shape == (size[0], bits.frame_bytes(size[1], size[2]))
    assert np.array_equal(bits.unpack(packed, size[1], size[2], size[2]), frames)


@given(sizes, st.integers(0, 99), st.integers(0, 17))
def test_wider_stored_rows_are_cropped_on_the_right(size, seed, surplus):
    count, height, width = size
    stored = random_frames((count, height, width + surplus), seed)
    packed = bits.pack(stored)
    assert np.array_equal(bits.unpack(packed, height, width, width + surplus), stored[:, :, :width])
    rows = bits.repack_to_rows(packed, height, width, width + surplus)
    unpacked = np.unpackbits(rows, axis=2, bitorder="little")
    assert np.array_equal(unpacked[:, :, :width], stored[:, :, :width])
    assert not unpacked[:, :, width:].any()


def test_the_layout_is_least_significant_bit_first_and_bottom_row_first():
    frame = np.zeros((1, 2, 8), np.uint8)
    frame[0, 1, 0] = 1  # bottom left: the first bit of the first byte
    frame[0, 0, 7] = 1  # top right: the last bit of the second byte
    assert bits.pack(frame).tolist() == [[0b00000001, 0b10000000]]


def test_a_store_is_never_written_to():
    packed = np.full((2, 1), 255, np.uint8)
    packed.flags.writeable = False
    assert bits.repack_to_rows(packed, 1, 5, 8).tolist() == [[[31]], [[31]]]
