import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from spikecam.errors import FileError, OutputError
from spikecam.io.atomic import partial_folder
from spikecam.io.formats import zarr_store
from spikecam.io.recording import open, write_recording
from spikecam.stream import SpikeStream

zarr = pytest.importorskip("zarr")


@pytest.fixture
def small_shards(monkeypatch):
    """Chunks of 4 frames of 6x9, two in a file."""
    monkeypatch.setattr(zarr_store, "MIN_CHUNK_FRAMES", 4)
    monkeypatch.setattr(zarr_store, "CHUNK_BYTES", 4 * 7)
    monkeypatch.setattr(zarr_store, "SHARD_BYTES", 8 * 7)


@pytest.fixture
def stream(spikes):
    stream = SpikeStream.from_array(spikes(45, 6, 9), rate=500)
    stream.exposure = (3, 30)
    return stream


def shards(folder):
    return sorted(path.parent.name for path in (folder / "spikes" / "c").glob("*/0"))


def test_a_recording_comes_back_with_its_rate_and_exposure(small_shards, stream, tmp_path):
    path = tmp_path / "a.zarr"
    write_recording(path, stream)
    back = open(path)
    assert np.array_equal(np.asarray(back), np.asarray(stream))
    assert np.array_equal(np.asarray(back[7:18]), np.asarray(stream[7:18]))
    assert back[7:7].shape == (0, 6, 9)
    assert (back.rate, back.exposure) == (500, (3, 30))
    assert shards(path) == ["0", "1", "2", "3", "4", "5"]
    assert sorted(entry.name for entry in path.iterdir()) == ["spikes", "zarr.json"]
    assert not partial_folder(path).exists()


class RecordedArray:
    """Array of frames in chunks, which notes what is read of it."""

    def __init__(self, frames, chunk):
        self.frames, self.chunks, self.spans = frames, (chunk, frames.shape[1]), []
        self.shape, self.dtype, self.ndim = frames.shape, frames.dtype, 2

    def __getitem__(self, index):
        self.spans.append((index.start, index.stop))
        return self.frames[index]


def test_chunks_are_decompressed_once_for_readers_of_a_few_frames(stream, monkeypatch):
    packed = stream.packed()
    array = RecordedArray(packed, 10)
    frames = zarr_store._ZarrFrames("a.zarr", array, lambda: True)
    for start in range(0, 40, 3):
        assert np.array_equal(frames[start : start + 5], packed[start : start + 5])
    assert array.spans == [(0, 10), (10, 20), (20, 30), (30, 40), (40, 45)]
    # Long spans are read at once, and so are chunks that take too much memory.
    assert np.array_equal(frames[3:44], packed[3:44])
    monkeypatch.setattr(zarr_store, "_CACHED_BYTES", 69)
    frames = zarr_store._ZarrFrames("a.zarr", array, lambda: True)
    assert np.array_equal(frames[3:5], packed[3:5])
    assert array.spans[5:] == [(3, 44), (3, 5)]


def test_other_programs_read_it(stream, tmp_path):
    xarray = pytest.importorskip("xarray")
    write_recording(tmp_path / "a.zarr", stream)
    array = zarr.open_group(tmp_path / "a.zarr", mode="r")["spikes"]
    assert np.array_equal(array[:], stream.packed())
    with xarray.open_zarr(tmp_path / "a.zarr", consolidated=False) as data:
        assert data.spikes.dims == ("time", "byte")
        assert data.attrs.pop("complete") is True
        assert data.attrs == data.spikes.attrs
        assert data.attrs.pop("frame_layout").startswith("one bit a pixel")
        assert data.attrs == {"height": 6, "width": 9, "rate": 500, "exposure": [3, 30]}


def test_a_recording_of_empty_frames_has_all_its_chunks(small_shards, tmp_path):
    write_recording(tmp_path / "a.zarr", SpikeStream.from_array(np.zeros((20, 6, 9))))
    assert not np.asarray(open(tmp_path / "a.zarr")).any()
    (tmp_path / "a.zarr" / "spikes" / "c" / "1" / "0").unlink()
    assert not np.asarray(open(tmp_path / "a.zarr")[:8]).any()
    with pytest.raises(FileError, match=r"a\.zarr is damaged, or was copied in part: frames 0:20"):
        np.asarray(open(tmp_path / "a.zarr"))


@pytest.mark.parametrize("place", [0, 10, -3])
def test_changed_bytes_are_noticed(small_shards, stream, tmp_path, place):
    write_recording(tmp_path / "a.zarr", stream)
    shard = tmp_path / "a.zarr" / "spikes" / "c" / "2" / "0"
    content = bytearray(shard.read_bytes())
    content[place] ^= 8
    shard.write_bytes(content)
    with pytest.raises(FileError, match="is damaged"):
        np.asarray(open(tmp_path / "a.zarr"))


def test_a_recording_that_is_replaced_while_it_is_read_is_refused(stream, tmp_path):
    write_recording(tmp_path / "a.zarr", stream)
    opened = open(tmp_path / "a.zarr")
    write_recording(tmp_path / "a.zarr", stream[5:], overwrite=True)
    with pytest.raises(FileError, match="changed while it was being read"):
        np.asarray(opened)
    shutil.rmtree(tmp_path / "a.zarr")
    with pytest.raises(FileError, match="changed while it was being read"):
        np.asarray(opened)


def test_folders_that_are_no_recordings_are_refused(stream, tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "file.zarr").write_text("no folder")
    zarr.create_group(tmp_path / "other.zarr").create_array("spikes", shape=(3,), dtype="u1")
    write_recording(tmp_path / "part.zarr", stream)
    metadata = tmp_path / "part.zarr" / "zarr.json"
    metadata.write_text(metadata.read_text().replace("true", "false"))
    partial_folder(tmp_path / "cut.zarr").mkdir()
    cases = {
        "empty.zarr": "is not a Zarr recording: expected a group",
        "other.zarr": "is not a Zarr recording: expected a group",
        "file.zarr": r"is a file, and a \.zarr recording is a folder",
        "none.zarr": "does not exist; check the name",
        "part.zarr": "is not whole: writing it was interrupted; write it again",
        "cut.zarr": r"repeat the command that writes it, which continues cut\.zarr\.part",
    }
    for name, message in cases.items():
        with pytest.raises(FileError, match=message):
            open(tmp_path / name)


def test_a_folder_is_replaced_on_request_and_only_where_it_is_a_recording(stream, tmp_path):
    path = tmp_path / "a.zarr"
    write_recording(path, stream)
    with pytest.raises(OutputError, match=r"a\.zarr is in use; name a new one"):
        write_recording(path, stream[:9])
    write_recording(path, stream[:9], overwrite=True)
    assert len(open(path)) == 9
    (path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"is not replaced because it holds notes\.txt"):
        write_recording(path, stream, overwrite=True)
    assert len(open(path)) == 9


def interrupt_after(count):
    """A progress that ends the work after so many spans."""

    def progress(spans):
        yield from spans[:count]
        raise KeyboardInterrupt

    return progress


def test_an_interrupted_run_goes_on_where_it_stopped(small_shards, stream, tmp_path, monkeypatch):
    path = tmp_path / "a.zarr"
    with pytest.raises(KeyboardInterrupt):
        write_recording(path, stream, progress=interrupt_after(4))
    partial = partial_folder(path)
    before = shards(partial)
    assert set(before) < set("012345")
    (partial / "spikes" / "c" / "5").mkdir()
    (partial / "spikes" / "c" / "5" / "0.half.partial").write_text("killed")
    written = []
    write_shard = zarr_store._write_shard
    monkeypatch.setattr(
        zarr_store,
        "_write_shard",
        lambda array, span, frames: (written.append(span), write_shard(array, span, frames)),
    )
    write_recording(path, stream)
    assert {str(start // 8) for start, _ in written} == set("012345") - set(before)
    assert np.array_equal(np.asarray(open(path)), np.asarray(stream))
    assert not list(tmp_path.rglob("*.partial"))
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.parametrize("change", ["frames", "rate", "damaged"])
def test_another_recording_begins_anew(small_shards, stream, tmp_path, change):
    path = tmp_path / "a.zarr"
    with pytest.raises(KeyboardInterrupt):
        write_recording(path, stream, progress=interrupt_after(5))
    other = stream
    if change == "frames":
        other = SpikeStream.from_array(1 - np.asarray(stream), rate=500)
    elif change == "rate":
        other = stream.with_rate(20_000)
    else:
        (partial_folder(path) / "source.json").write_text("{")
    write_recording(path, other)
    assert np.array_equal(np.asarray(open(path)), np.asarray(other))
    assert open(path).rate == other.rate


def test_a_second_program_is_refused_and_a_killed_one_is_continued(stream, tmp_path):
    code = """
        import sys, time
        import spikecam as sc
        def progress(spans):
            print("began", flush=True)
            time.sleep(20)
            return spans
        stream = sc.open(sys.argv[1])
        sc.write_recording(sys.argv[2], stream, progress=progress)
    """
    source, path = tmp_path / "a.npz", tmp_path / "a.zarr"
    write_recording(source, stream)
    words = [sys.executable, "-c", textwrap.dedent(code), str(source), str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"began\n"
        with pytest.raises(OutputError, match=r"another program writes .*a\.zarr\.part; wait"):
            write_recording(path, stream)
        writer.send_signal(signal.SIGKILL)
    assert (
        json.loads((partial_folder(path) / "zarr.json").read_text())["attributes"]["complete"]
        is False
    )
    write_recording(path, stream)
    assert np.array_equal(np.asarray(open(path)), np.asarray(stream))
