import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikecam.errors import FileError, SpikecamError
from spikecam.io.formats.hdf5 import open_hdf5, write_hdf5
from spikecam.stream import SpikeStream

h5py = pytest.importorskip("h5py", reason="the extra hdf5 is not installed")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 30), st.integers(0, 99))
def test_what_is_written_is_read_for_any_size(tmp_path, frames, height, width, seed):
    array = np.random.default_rng(seed).integers(0, 2, (frames, height, width), np.uint8)
    write_hdf5(tmp_path / "a.h5", SpikeStream.from_array(array))
    assert np.array_equal(np.asarray(open_hdf5(tmp_path / "a.h5")), array)


def test_rate_and_exposure_are_kept_and_the_file_is_compressed(tmp_path):
    packed = np.zeros((5000, 1250), np.uint8)
    write_hdf5(tmp_path / "a.h5", SpikeStream(packed, (100, 100), rate=9.0, exposure=(2, 7)))
    stream = open_hdf5(tmp_path / "a.h5")
    assert (stream.rate, stream.exposure) == (9, (2, 7))
    assert (tmp_path / "a.h5").stat().st_size < packed.size / 50


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["other"] = 1
    for name in ("a.h5", "b.h5"):
        with pytest.raises(FileError, match=f"{name} is not an HDF5 recording"):
            open_hdf5(tmp_path / name)


def test_without_the_extra_the_way_to_get_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(SpikecamError, match='pip install "h5py'):
        open_hdf5(tmp_path / "a.h5")


def test_only_the_frames_asked_for_are_read(tmp_path, monkeypatch):
    write_hdf5(tmp_path / "a.h5", SpikeStream(np.zeros((5000, 2), np.uint8), (4, 4)))
    stream = open_hdf5(tmp_path / "a.h5")
    read = []
    plain = h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda self, index: read.append(index) or plain(self, index)
    )
    stream[1000:].read(5, 46)
    assert read == [slice(1005, 1046)]
