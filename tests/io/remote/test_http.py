import json
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import FileError, GeometryError
from spikecam.io import remote, remote_file
from spikecam.io.formats import zarr_store
from spikecam.io.recording import open, write_recording
from spikecam.reconstruction.methods import tfi
from spikecam.stream import SpikeStream

SIDECAR = {"width": 48, "height": 40, "rate": 500}


@pytest.fixture
def address(server, stream):
    """The address of a .dat with its sidecar file."""
    server.files["a.dat"] = stream.packed().tobytes()
    server.files["a.dat.json"] = json.dumps(SIDECAR).encode()
    return server.address("a.dat")


def test_opening_reads_the_sidecar_file_and_one_byte(server, address, stream):
    opened = open(address)
    assert (opened.shape, opened.rate) == (stream.shape, 500)
    assert [r for r in server.requests if r[0] == "a.dat"] == [("a.dat", 0, 0)]
    assert sum(r[2] - r[1] + 1 for r in server.requests) <= 1 + 1 + len(server.files["a.dat.json"])


def test_a_window_reads_its_block_and_one_ahead(server, address, stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 2 * 240)
    opened = open(address)
    server.requests.clear()
    assert np.array_equal(opened.read(20, 22), stream.read(20, 22))
    assert np.array_equal(opened.read(21, 22), stream.read(21, 22))
    opened._packed.source._cache._threads.shutdown()
    assert sorted(first / 480 for _, first, last in server.requests) == [10, 11]
    assert {last - first + 1 for _, first, last in server.requests} == {480}


def test_what_is_read_in_order_is_read_further_ahead(server, address, stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 2 * 240)
    monkeypatch.setattr(remote_file, "CACHE_BLOCKS", 8)
    opened = open(address)
    server.requests.clear()
    for t in range(0, 20, 2):
        assert np.array_equal(opened.read(t, t + 2), stream.read(t, t + 2))
    opened._packed.source._cache._threads.shutdown()
    spans = sorted((first // 480, (last + 1) // 480) for _, first, last in server.requests)
    # Each block once, up to eight ahead, at last four by one request.
    assert [start for start, _ in spans[1:]] == [stop for _, stop in spans[:-1]]
    assert (spans[0], spans[-1][1] - spans[-1][0]) == ((0, 1), 4)
    assert 14 <= spans[-1][1] <= 18


def test_tfi_reads_in_order(server, spikes, monkeypatch):
    frame_bytes = 240
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 10 * frame_bytes)
    monkeypatch.setattr(remote_file, "_PARALLEL_REQUESTS", 1)
    monkeypatch.setattr(tfi, "_MOST_RUN_FRAMES", 100)
    server.files["a.dat"] = SpikeStream.from_array(spikes(600, 40, 48)).packed().tobytes()
    opened = open(server.address("a.dat"), shape=(40, 48))
    server.requests.clear()
    list(sc.reconstruct_frames(opened, "tfi", frames=range(600)))
    opened._packed.source._cache._threads.shutdown()
    spans = [(first, last + 1) for _, first, last in server.requests]
    assert (spans[0][0], spans[-1][1]) == (0, 600 * frame_bytes)
    assert [start for start, _ in spans[1:]] == [stop for _, stop in spans[:-1]]


def test_a_block_that_failed_ahead_is_requested_again(server, address, stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 2 * 240)
    opened = open(address)
    opened.read(0, 2)
    next(iter(opened._packed.source._cache._blocks.values())).result()
    [*opened._packed.source._cache._blocks.values()][1].exception()
    server.status = 503
    opened.read(2, 4)
    failed = [*opened._packed.source._cache._blocks.values()][2]
    assert isinstance(failed.exception(), FileError)
    server.status = 0
    assert np.array_equal(opened.read(4, 6), stream.read(4, 6))


@pytest.mark.parametrize("name", ["a.dat", "a.npz", "uhsr.npz", "rsir.npz", "a.npy", "a.h5"])
def test_every_format_that_is_one_file_is_read(server, stream, tmp_path, name, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 1 << 12)
    layout = name[:4] if name in ("uhsr.npz", "rsir.npz") else None
    write_recording(tmp_path / name, stream, layout=layout)
    for path in tmp_path.iterdir():
        server.files[path.name] = path.read_bytes()
    opened = open(server.address(name))
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    assert np.array_equal(np.asarray(opened[30:41]), np.asarray(stream[30:41]))
    assert opened.rate == 500


def test_a_zarr_recording_is_read(server, stream, tmp_path):
    pytest.importorskip("zarr")
    write_recording(tmp_path / "a.zarr", stream)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            server.files[str(path.relative_to(tmp_path))] = path.read_bytes()
    opened = open(server.address("a.zarr"))
    assert np.array_equal(np.asarray(opened[30:41]), np.asarray(stream[30:41]))
    opened = open(server.address("a.zarr"))
    server.files["a.zarr/zarr.json"] += b" "
    with pytest.raises(FileError, match=r"/a\.zarr changed while it was being read"):
        opened.read(3, 5)
    del server.files["a.zarr/spikes/c/0/0"]
    opened = open(server.address("a.zarr"))
    with pytest.raises(FileError, match=r"/a\.zarr is damaged, or was copied in part"):
        opened.read(3, 5)


def test_chunks_of_a_file_that_is_open_need_no_request_of_metadata(
    server, stream, tmp_path, monkeypatch
):
    pytest.importorskip("zarr")
    monkeypatch.setattr(zarr_store, "MIN_CHUNK_FRAMES", 10)
    monkeypatch.setattr(zarr_store, "CHUNK_BYTES", 10)
    monkeypatch.setattr(zarr_store, "IDENTITY_SECONDS", 1e6)
    write_recording(tmp_path / "a.zarr", stream)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            server.files[str(path.relative_to(tmp_path))] = path.read_bytes()
    opened = open(server.address("a.zarr"))
    opened.read(0, 5)
    server.requests.clear()
    assert np.array_equal(opened.read(20, 25), stream.read(20, 25))
    assert {name for name, *_ in server.requests} == {"a.zarr/spikes/c/0/0"}
    # After a while it is asked for, and a file that changes is refused at once.
    server.files["a.zarr/zarr.json"] += b" "
    opened.read(30, 35)
    monkeypatch.setattr(zarr_store, "IDENTITY_SECONDS", 0)
    with pytest.raises(FileError, match=r"/a\.zarr changed while it was being read"):
        opened.read(40, 45)
    opened = open(server.address("a.zarr"))
    opened.read(0, 5)
    server.files["a.zarr/spikes/c/0/0"] += b" "
    with pytest.raises(FileError, match="c/0/0 changed while it was being read"):
        opened.read(50, 55)


def test_long_slices_are_read_in_parts(server, address, stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 500)
    opened = open(address)
    server.requests.clear()
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    spans = sorted((first, last) for _, first, last in server.requests)
    assert spans[0] == (0, 1999)
    assert [first for first, _ in spans[1:]] == [last + 1 for _, last in spans[:-1]]


def test_connections_are_kept(server, address, stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 240)
    opened = open(address)
    for start in range(0, 60, 10):
        assert np.array_equal(opened.read(start, start + 10), stream.read(start, start + 10))
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    assert len(server.requests) > 15
    # Of this thread, of the one that read the sidecar file, and of those that read the recording.
    assert server.connection_count <= 2 + remote_file._PARALLEL_REQUESTS


def test_nothing_is_written_after_an_error(server, address, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 100)
    file = open(address)._packed.source

    def fetch(start, stop):
        if start == 0:
            raise FileError("the first part fails")
        time.sleep(0.05)
        return bytes([1]) * (stop - start)

    monkeypatch.setattr(file._source, "fetch", fetch)
    target = np.zeros(60 * 240, np.uint8)
    with pytest.raises(FileError, match="the first part fails"):
        file.read_into(0, target)
    target[:] = 0
    time.sleep(0.3)
    assert not target.any()


def test_a_size_that_is_not_known_is_asked_for(server, address):
    del server.files["a.dat.json"]
    with pytest.raises(GeometryError, match=r"a\.dat does not say its width and height"):
        open(address)
    assert open(address, shape=(40, 48)).shape == (60, 40, 48)


@pytest.mark.parametrize("fault", ["busy", "cut"])
def test_what_fails_for_a_while_is_requested_again(server, address, stream, fault):
    opened = open(address)
    setattr(server, fault, remote.ATTEMPTS - 1)
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    assert getattr(server, fault) == 0


@pytest.mark.parametrize(
    ("fault", "value", "message"),
    [
        ("busy", 10**6, "the server is too busy, or its answers are cut off; try again later"),
        ("cut", 10**6, "cannot be read: the server"),
        ("shift", 240, "does not send ranges of a file; copy the file here"),
        ("ranges", False, "does not send ranges of a file; copy the file here"),
        ("status", 403, "may not be read by you: get an address that is public or signed"),
        ("status", 418, r"refuses to send it \(status 418\)"),
    ],
)
def test_what_fails_for_good_is_one_sentence(server, address, fault, value, message):
    opened = open(address)
    setattr(server, fault, value)
    before = len(server.requests)
    with pytest.raises(FileError, match=message):
        opened.read(0, 5)
    assert len(server.requests) - before <= 2 * remote.ATTEMPTS
    with pytest.raises(FileError, match=message):
        open(address, shape=(40, 48))


def test_a_server_that_does_not_answer_is_not_waited_for(server, address, monkeypatch):
    monkeypatch.setattr(remote, "READ_SECONDS", 0.05)
    opened = open(address)
    server.delay = 0.5
    with pytest.raises(FileError, match="does not answer as it should"):
        opened.read(0, 5)


def test_a_slow_server_is_waited_for(server, address, stream):
    opened = open(address)
    server.delay = 0.1
    assert np.array_equal(opened.read(0, 5), stream.read(0, 5))


@pytest.mark.parametrize("etags", [True, False])
def test_a_file_that_changes_while_it_is_read_is_refused(server, address, etags):
    server.etags = etags
    opened = open(address)
    content = server.files["a.dat"]
    # Without an ETag only the size tells.
    server.files["a.dat"] = bytes(len(content)) if etags else content[:-240]
    with pytest.raises(FileError, match=r"a\.dat changed while it was being read; open it again"):
        opened.read(3, 8)


def test_a_file_that_is_not_there_or_empty_is_named(server, address):
    server.files["empty.npz"] = b""
    with pytest.raises(FileError, match=r"none\.npz does not exist; check the name"):
        open(server.address("none.npz"))
    with pytest.raises(FileError, match=r"empty\.npz is empty; get it again"):
        open(server.address("empty.npz"))


def test_messages_hold_no_passwords(server, address):
    secret = address.replace("http://", "http://me:pass@") + "?X-Amz-Signature=abc#part"
    opened = open(secret)
    server.busy = 10**6
    for read in (lambda: opened.read(0, 5), lambda: open(secret)):
        with pytest.raises(FileError, match=r"a\.dat(\.json)? cannot be read") as error:
            read()
        assert error.value.__suppress_context__ or error.value.__context__ is None
        assert not any(word in str(error.value) for word in ("me:", "pass", "Signature", "abc"))
    assert "abc" not in repr(opened)
    assert "abc" not in opened._name


def test_where_nobody_listens(server, address):
    server.shutdown()
    server.server_close()
    with pytest.raises(FileError, match="does not answer as it should"):
        open(address)


@pytest.mark.parametrize("name", ["my data/ä.npz", "my%20data/%C3%A4.npz?key=a%2Fb"])
def test_names_with_spaces_are_requested(server, stream, tmp_path, name):
    write_recording(tmp_path / "a.npz", stream)
    server.files["my data/ä.npz"] = (tmp_path / "a.npz").read_bytes()
    assert open(server.address(name)).shape == (60, 40, 48)
