import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikecam.errors import FileError, GeometryError
from spikecam.io.formats.dat import open_dat, write_dat
from spikecam.io.geometry import Geometry, read_sidecar
from spikecam.stream import SpikeStream


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 30), st.integers(0, 99))
def test_what_is_written_is_read_for_any_size(tmp_path, frames, height, width, seed):
    array = np.random.default_rng(seed).integers(0, 2, (frames, height, width), np.uint8)
    path = tmp_path / "a.dat"
    write_dat(path, SpikeStream.from_array(array))
    assert path.stat().st_size == frames * ((height * width + 7) // 8)
    assert np.array_equal(np.asarray(open_dat(path, Geometry(height, width))), array)


def test_bytes_are_those_of_the_field(tmp_path, spikes):
    array = spikes(5, 6, 8)
    path = tmp_path / "a.dat"
    raw = np.packbits(array[:, ::-1].reshape(-1), bitorder="little").tobytes()
    path.write_bytes(raw)
    stream = open_dat(path, Geometry(6, 8))
    assert np.array_equal(np.asarray(stream), array)
    write_dat(tmp_path / "b.dat", stream)
    assert (tmp_path / "b.dat").read_bytes() == raw


def test_raw_rows_lose_their_surplus_columns(tmp_path, spikes):
    stored = spikes(3, 250, 416)
    path = tmp_path / "raw.dat"
    write_dat(path, SpikeStream.from_array(stored))
    stream = open_dat(path, Geometry(250, 400, row_width=416))
    assert np.array_equal(np.asarray(stream), stored[:, :, :400])
    write_dat(tmp_path / "cut.dat", stream)
    assert (tmp_path / "cut.dat").stat().st_size == 3 * 12500
    cut = open_dat(tmp_path / "cut.dat", Geometry(250, 400))
    assert np.array_equal(np.asarray(cut), stored[:, :, :400])


def test_geometry_rate_and_exposure_go_into_the_sidecar_file(tmp_path, spikes):
    packed = SpikeStream.from_array(spikes(9, 3, 5)).packed()
    write_dat(tmp_path / "a.dat", SpikeStream(packed, (3, 5), rate=20_000, exposure=(2, 7)))
    assert read_sidecar(tmp_path / "a.dat") == Geometry(3, 5, rate=20_000, exposure=(2, 7))


def test_a_broken_frame_is_refused_or_left_out_on_request(tmp_path, spikes):
    path = tmp_path / "a.dat"
    array = spikes(3, 4, 8)
    path.write_bytes(SpikeStream.from_array(array).packed().tobytes() + b"xy")
    with pytest.raises(GeometryError, match=r"3 whole frames of 8x4 and 2 bytes more.*--truncate"):
        open_dat(path, Geometry(4, 8))
    assert np.array_equal(np.asarray(open_dat(path, Geometry(4, 8), truncate=True)), array)


def test_a_recording_cut_short_of_its_exposure_opens_without_it_if_asked(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(9, 4, 8))
    stream.exposure = (2, 7)
    write_dat(tmp_path / "a.dat", stream)
    os.truncate(tmp_path / "a.dat", 6 * 4)
    sidecar = read_sidecar(tmp_path / "a.dat")
    with pytest.raises(GeometryError, match=r"a.dat is shorter .* 6 frames.* 2:7; .*--truncate"):
        open_dat(tmp_path / "a.dat", sidecar)
    stream = open_dat(tmp_path / "a.dat", sidecar, truncate=True)
    assert (len(stream), stream.exposure) == (6, None)


def test_less_than_a_frame_is_refused_even_truncated(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"abc")
    with pytest.raises(GeometryError, match="0 whole frames"):
        open_dat(tmp_path / "a.dat", Geometry(4, 8), truncate=True)


def test_a_terabyte_opens_and_a_window_of_it_is_read(tmp_path):
    path = tmp_path / "long.dat"
    frame = 12500
    with path.open("wb") as file:
        try:
            os.truncate(file.fileno(), frame * 80_000_000)
        except OSError:
            pytest.skip("this file system has no files of a terabyte")
        file.seek(frame * 50_000_000)
        file.write(b"\xff" * frame)
    stream = open_dat(path, Geometry(250, 400))
    assert len(stream) == 80_000_000
    assert stream[49_999_980:50_000_021].count().sum() == 100_000
    path.unlink()


def test_a_file_that_shrinks_is_noticed(tmp_path, spikes):
    path = tmp_path / "a.dat"
    write_dat(path, SpikeStream.from_array(spikes(9, 4, 8)))
    stream = open_dat(path, Geometry(4, 8))
    path.write_bytes(bytes(8))
    with pytest.raises(FileError, match="changed while it was being read"):
        stream.read(5, 9)


def test_another_file_under_the_same_name_is_noticed(tmp_path, spikes, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("a.dat")
    write_dat(path, SpikeStream.from_array(spikes(9, 4, 8)))
    stream = open_dat(path, Geometry(4, 8))
    monkeypatch.chdir("/")
    assert stream.count().sum() > 0
    write_dat(tmp_path / path, SpikeStream.from_array(spikes(9, 4, 8, seed=1)))
    with pytest.raises(FileError, match="changed while it was being read"):
        stream.count()


def test_a_file_that_is_cut_while_it_is_read_ends_in_a_sentence(tmp_path, spikes):
    write_dat(tmp_path / "a.dat", SpikeStream.from_array(spikes(9000, 40, 80)))
    # In a process of its own: reading a mapped file that is gone would end the process.
    code = """
import os
import subprocess
import sys
from pathlib import Path
from spikecam.errors import FileError
from spikecam.io.formats.dat import open_dat
from spikecam.io.geometry import Geometry
stream = open_dat(Path("a.dat"), Geometry(40, 80))
packed = stream.packed()
os.truncate("a.dat", 400)
assert packed.any()
try:
    stream.count()
except FileError as error:
    assert "changed while it was being read" in str(error)
    print("a sentence")
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "a sentence\n"), run.stderr
