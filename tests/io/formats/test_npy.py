import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spikecam as sc
from spikecam.errors import FileError, GeometryError
from spikecam.io.formats import npy
from spikecam.io.formats.npy import open_npy, write_npy
from spikecam.stream import SpikeStream


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 20), st.integers(1, 12), st.integers(1, 30), st.integers(0, 99))
def test_what_is_written_is_read_by_us_and_by_numpy(tmp_path, frames, height, width, seed):
    array = np.random.default_rng(seed).integers(0, 2, (frames, height, width), np.uint8)
    write_npy(tmp_path / "a.npy", SpikeStream.from_array(array))
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)
    assert np.array_equal(np.asarray(open_npy(tmp_path / "a.npy")), array)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.bool_, np.int64, np.float32])
def test_any_number_type_and_order_is_read(tmp_path, spikes, monkeypatch, dtype, order):
    monkeypatch.setattr(npy, "_PART_VALUES", 100)
    array = spikes(17, 5, 9)
    np.save(tmp_path / "a.npy", np.asarray(array.astype(dtype), order=order))
    stream = sc.open(tmp_path / "a.npy")
    assert np.array_equal(np.asarray(stream[3:15]), array[3:15])


def test_a_recording_beyond_the_memory_opens(tmp_path):
    """A sparse file of 2 TB: only the frames that are used are read."""
    with (tmp_path / "a.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (2_000_000, 1000, 1000)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 2 * 10**12)
    assert sc.open(tmp_path / "a.npy").count(1_999_990, 2_000_000).sum() == 0


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 5)), r"\(frames, height, width\), not \(4, 5\)"),
        (np.full((4, 5, 6), 3), "other values than 0 and 1"),
        (np.full((4, 5, 6), np.nan), "other values than 0 and 1"),
        (np.full((4, 5, 6), "a"), "values of type <U1"),
        (np.zeros((4, 0, 6)), r"not \(4, 0, 6\)"),
    ],
)
def test_wrong_contents_are_named(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(FileError, match=message):
        sc.open(tmp_path / "a.npy")


def test_the_command_line_converts_it(spikecam, tmp_path, spikes):
    array = spikes(9, 5, 7)
    np.save(tmp_path / "a.npy", array)
    assert spikecam("convert", tmp_path / "a.npy", "-o", tmp_path / "b.dat").code == 0
    assert spikecam("convert", tmp_path / "b.dat", "-o", tmp_path / "c.npy").code == 0
    assert np.array_equal(np.load(tmp_path / "c.npy"), array)


def test_rate_and_exposure_are_in_the_sidecar_file(tmp_path, spikes):
    packed = SpikeStream.from_array(spikes(9, 3, 5)).packed()
    stream = SpikeStream(packed, (3, 5), rate=20_000, exposure=(2, 7))
    sc.save(tmp_path / "a.npy", stream)
    opened = sc.open(tmp_path / "a.npy")
    assert (opened.rate, opened.exposure) == (20_000, (2, 7))
    for array in (spikes(9, 3, 6), spikes(6, 3, 5)):
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(GeometryError, match=r"not what .*a\.npy\.json says; correct or remove"):
            sc.open(tmp_path / "a.npy")


def test_counts_after_the_first_frame_are_named_when_they_are_read(tmp_path):
    array = np.zeros((4, 5, 6), np.uint8)
    array[2, 1, 1] = 9
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(FileError, match=r"a\.npy holds other values"):
        sc.open(tmp_path / "a.npy").count()


def test_objects_are_not_unpickled_and_damage_is_named(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY\x01\x00")
    (tmp_path / "c.npy").write_bytes(b"what else")
    np.save(tmp_path / "d.npy", np.zeros((9, 5, 5), np.uint8))
    whole = (tmp_path / "d.npy").read_bytes()
    (tmp_path / "d.npy").write_bytes(whole[:-7])
    with pytest.raises(FileError, match=r"a\.npy: .* holds values of type object"):
        sc.open(tmp_path / "a.npy")
    for name in "bcd":
        with pytest.raises(FileError, match=rf"{name}\.npy is damaged, or no \.npy file"):
            sc.open(tmp_path / f"{name}.npy")
