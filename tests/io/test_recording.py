from pathlib import Path

import numpy as np
import pytest

from spikecam.errors import FileError, GeometryError, OptionError, OutputError, ResourceError
from spikecam.io import recording_format
from spikecam.io.output import open_output
from spikecam.io.recording import as_stream, open, write_recording
from spikecam.io.save import save
from spikecam.stream import SpikeStream


@pytest.mark.parametrize("name", ["a.dat", "a.npz", "a.h5", "a.BIN", "with space ünï.dat"])
def test_every_format_survives_a_round_trip_with_its_rate(tmp_path, spikes, name):
    array = spikes(9, 5, 7)
    write_recording(tmp_path / name, SpikeStream.from_array(array, rate=1000))
    stream = open(tmp_path / name)
    assert np.array_equal(np.asarray(stream), array)
    assert stream.rate == 1000
    assert open(tmp_path / name, shape=(5, 7), rate=500).rate == 500


def test_names_that_are_not_text_work(tmp_path, spikes):
    array = spikes(3, 5, 7)
    path = tmp_path / b"\xff\xfe.dat".decode("utf-8", "surrogateescape")
    write_recording(path, SpikeStream.from_array(array))
    assert np.array_equal(np.asarray(open(path)), array)


def test_a_size_that_contradicts_the_file_is_refused(tmp_path, spikes):
    write_recording(tmp_path / "a.npz", SpikeStream.from_array(spikes(3, 5, 7)))
    with pytest.raises(GeometryError, match="frames of 7x5, not 400x250"):
        open(tmp_path / "a.npz", "gen2")


def test_files_that_are_not_recordings_are_named(tmp_path):
    (tmp_path / "a.mp4").write_text("video")
    (tmp_path / "empty.dat").touch()
    cases = {
        "a.mp4": "known endings",
        "b.dat": "does not exist",
        ".": "is a folder",
        "empty.dat": "is empty",
        "long" * 99: "cannot be read",
    }
    for name, message in cases.items():
        with pytest.raises(FileError, match=message):
            open(tmp_path / name)


def test_streams_pass_and_paths_are_opened(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(3, 5, 7))
    assert as_stream(stream) is stream
    write_recording(tmp_path / "a.dat", stream)
    assert as_stream(str(tmp_path / "a.dat")).shape == (3, 5, 7)
    with pytest.raises(OptionError, match="has its size already"):
        as_stream(stream, "gen2")


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, spikes):
    def progress(spans):
        (tmp_path / "a.dat").write_text("of another program")
        yield from spans

    stream = SpikeStream.from_array(spikes(20, 6, 9))
    with pytest.raises(OutputError, match=r"a\.dat exists and is not replaced"):
        write_recording(tmp_path / "a.dat", stream, overwrite=False, progress=progress)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of another program"]


def test_outputs_that_are_not_recordings_are_refused(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(3, 5, 7))
    with pytest.raises(OutputError, match="recordings are written as"):
        write_recording(tmp_path / "a.xyz", stream)
    with pytest.raises(OptionError, match="has no layout 'uhsr'; it has none"):
        write_recording(tmp_path / "a.dat", stream, layout="uhsr")
    with pytest.raises(OptionError, match="known layouts: packed, uhsr, rsir"):
        write_recording(tmp_path / "a.npz", stream, layout="zip")
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_frames_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", spk=np.zeros((0, 4, 4), np.uint8))
    with pytest.raises(FileError, match="holds no frames"):
        open(tmp_path / "a.npz")


def test_a_frame_larger_than_the_memory_is_refused(tmp_path):
    path = tmp_path / "wide.dat"
    with path.open("wb") as file:
        try:
            file.truncate(250_000_000_000)
        except OSError:
            pytest.skip("this file system has no files of 250 GB")
    with pytest.raises(ResourceError, match=r"1000000x1000000 pixels needs .* GB of memory"):
        open(path, shape=(1_000_000, 1_000_000))
    path.unlink()


def test_the_format_of_the_manual_is_read_and_written_like_any_other(tmp_path, spikes, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    manual: dict[str, object] = {}
    exec(page.split("```python")[1].split("```")[0], manual)

    class Entry:
        name = "text"

        def load(self):
            return manual["FORMAT"]

    monkeypatch.setattr(recording_format, "entry_points", lambda group: [Entry()])
    recording_format.recording_formats.cache_clear()
    try:
        stream = SpikeStream.from_array(spikes(3, 5, 7))
        save(tmp_path / "a.spk", stream)
        assert np.array_equal(np.asarray(open(tmp_path / "a.spk")), np.asarray(stream))
        assert recording_format.suffixes_as_text() == ".dat, .h5, .npy, .npz, .zarr or .spk"
        with pytest.raises(OutputError, match="pictures are not written as"):
            open_output(tmp_path / "a.spk")
    finally:
        recording_format.recording_formats.cache_clear()
