import contextlib
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikecam.errors import FileError, SpikecamError
from spikecam.io.formats.npz import LAYOUTS, open_npz, write_npz
from spikecam.io.stored_frames import StoredFrames
from spikecam.stream import SpikeStream


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(LAYOUTS),
    st.integers(1, 20),
    st.integers(1, 12),
    st.integers(1, 30),
    st.integers(0, 99),
)
def test_what_is_written_is_read_for_any_size(tmp_path, layout, frames, height, width, seed):
    array = np.random.default_rng(seed).integers(0, 2, (frames, height, width), np.uint8)
    write_npz(tmp_path / "a.npz", SpikeStream.from_array(array), layout=layout)
    assert np.array_equal(np.asarray(open_npz(tmp_path / "a.npz")), array)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_keeps_rate_and_exposure(tmp_path, spikes, layout):
    packed = SpikeStream.from_array(spikes(9, 3, 5)).packed()
    write_npz(
        tmp_path / "a.npz", SpikeStream(packed, (3, 5), rate=20_000, exposure=(2, 7)), layout=layout
    )
    stream = open_npz(tmp_path / "a.npz")
    assert (stream.rate, stream.exposure) == (20_000, (2, 7))


def test_of_our_layout_no_frame_is_read_yet(tmp_path, spikes):
    packed = SpikeStream.from_array(spikes(9, 3, 5)).packed()
    write_npz(tmp_path / "a.npz", SpikeStream(packed, (3, 5)))
    stream = open_npz(tmp_path / "a.npz")
    assert isinstance(stream._packed, StoredFrames)
    with np.load(tmp_path / "a.npz") as arrays:
        assert np.array_equal(arrays["spikes"], packed)


def test_rsir_packs_eight_frames_to_a_byte_along_time(tmp_path):
    seq = np.zeros((2, 1, 3), np.uint8)
    seq[0, 0, 1], seq[1, 0, 2] = 1 << 3, 1
    np.savez(tmp_path / "a.npz", seq=seq, length=9, tag=np.zeros((1, 3)))
    frames = np.asarray(open_npz(tmp_path / "a.npz"))
    assert frames.shape == (9, 1, 3)
    assert np.argwhere(frames).tolist() == [[3, 0, 1], [8, 0, 2]]


def test_long_rsir_recordings_are_repacked_in_blocks(tmp_path, spikes):
    array = spikes(1001, 2, 3)
    write_npz(tmp_path / "a.npz", SpikeStream.from_array(array), layout="rsir")
    with np.load(tmp_path / "a.npz") as arrays:
        assert np.array_equal(arrays["seq"], np.packbits(array, axis=0, bitorder="little"))
    assert np.array_equal(np.asarray(open_npz(tmp_path / "a.npz")), array)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": 1}, "holds the keys x; a recording has spk"),
        ({"spk": np.full((2, 3, 4), 2)}, "key spk: spikes are 0 or 1"),
        ({"spk": np.zeros((3, 4))}, "key spk: spikes are an array"),
        ({"seq": np.zeros((2, 3, 4), np.uint8), "length": 17}, "length 17 does not go with"),
        ({"seq": np.zeros((2, 3, 4)), "length": 16}, "expected bytes"),
        ({"spikes": np.zeros((2, 3)), "shape": (4, 6)}, "not written by spikecam"),
        ({"spk": np.array([None])}, "is damaged"),
    ],
)
def test_wrong_contents_are_named(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FileError, match=message):
        open_npz(tmp_path / "a.npz")


def test_damaged_files_are_named(tmp_path, spikes):
    path = tmp_path / "a.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(FileError, match=r"a\.npz is damaged"):
        open_npz(path)
    write_npz(path, SpikeStream.from_array(spikes(50, 9, 9)))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FileError, match=r"a\.npz is damaged"):
        open_npz(path)


def test_a_header_that_promises_more_than_there_is_allocates_nothing(tmp_path):
    header = {"descr": "|u1", "fortran_order": False, "shape": (10**14, 1, 1)}
    for key, others in (("spk", {}), ("seq", {"length": 8 * 10**14})):
        np.savez(tmp_path / "a.npz", **others)
        with (
            zipfile.ZipFile(tmp_path / "a.npz", "a") as archive,
            archive.open(f"{key}.npy", "w") as file,
        ):
            np.lib.format.write_array_header_1_0(file, header)
        with pytest.raises(FileError, match=r"a\.npz is damaged"):
            open_npz(tmp_path / "a.npz")


def test_spikes_of_any_number_type_and_order_are_read(tmp_path, spikes):
    array = spikes(20, 3, 5)
    for kind in (bool, np.float64, ">i4"):
        np.savez_compressed(tmp_path / "a.npz", spk=array.astype(kind))
        assert np.array_equal(np.asarray(open_npz(tmp_path / "a.npz")), array)
    np.savez(tmp_path / "a.npz", spk=np.asfortranarray(array))
    assert np.array_equal(np.asarray(open_npz(tmp_path / "a.npz")), array)


def test_frames_are_packed_while_they_are_inflated(tmp_path):
    write_npz(
        tmp_path / "a.npz",
        SpikeStream(np.zeros((1000, 12500), np.uint8), (250, 400)),
        layout="uhsr",
    )
    tracemalloc.start()
    stream = open_npz(tmp_path / "a.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(stream) == 1000
    assert peak < 90e6  # a byte a spike is 100 MB, and checks of its values as much again


def test_the_real_capture_is_read(data):
    stream = open_npz(data / "real" / "uhsr_4144_helicopter.npz")
    assert stream.shape == (200, 250, 250)
    assert stream.count().mean() / 200 == pytest.approx(0.031, abs=0.001)


def test_capital_endings_work(tmp_path, spikes):
    array = spikes(9, 3, 5)
    for layout in LAYOUTS:
        write_npz(tmp_path / "A.NPZ", SpikeStream.from_array(array), layout=layout)
        assert [p.name for p in tmp_path.iterdir()] == ["A.NPZ"]
        assert np.array_equal(np.asarray(open_npz(tmp_path / "A.NPZ")), array)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_bit_that_flipped_is_noticed_where_all_frames_are_read(tmp_path, spikes, layout):
    path, light = tmp_path / "a.npz", spikes(40, 9, 9)
    write_npz(path, SpikeStream.from_array(light, rate=100), layout=layout)
    whole = path.read_bytes()
    noticed = 0
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            stream = open_npz(path)
            parts = [stream.read(start, start + 10) for start in range(0, 40, 10)]
        except SpikecamError:
            noticed += 1
        else:  # dates and the like
            assert np.array_equal(np.concatenate(parts), light)
            assert stream.rate in (100, None)  # names of keys have no checksum
    assert noticed > len(whole) / 5 / 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damage_anywhere_is_told_in_a_sentence(tmp_path, spikes, layout):
    path = tmp_path / "a.npz"
    write_npz(path, SpikeStream.from_array(spikes(40, 9, 9)), layout=layout)
    whole = path.read_bytes()
    for place in range(0, len(whole), 37):
        path.write_bytes(whole[:place] + bytes(8) + whole[place + 8 :])
        with contextlib.suppress(SpikecamError):
            np.asarray(open_npz(path))
