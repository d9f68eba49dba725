import shutil

import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import FileError
from spikecam.io import remote, remote_s3
from spikecam.io.formats import zarr_store
from spikecam.io.recording import open, write_recording


@pytest.fixture
def address(bucket, stream, tmp_path):
    """The address of a .dat with its sidecar file."""
    write_recording(tmp_path / "a.dat", stream)
    bucket.put(str(tmp_path / "a.dat"), "recordings/my data/a.dat")
    bucket.put(str(tmp_path / "a.dat.json"), "recordings/my data/a.dat.json")
    return "s3://recordings/my data/a.dat"


def test_recordings_are_read(bucket, address, stream, tmp_path, monkeypatch):
    assert np.array_equal(np.asarray(open(address)), np.asarray(stream))
    pytest.importorskip("zarr")
    write_recording(tmp_path / "a.zarr", stream)
    bucket.put(str(tmp_path / "a.zarr"), "recordings/a.zarr", recursive=True)
    # What is in the cache would be read from there.
    monkeypatch.setattr(zarr_store, "_CACHED_CHUNKS", 0)
    opened = open("s3://recordings/a.zarr")
    assert np.array_equal(np.asarray(opened[10:30]), np.asarray(stream[10:30]))
    assert (opened.rate, repr(opened)) == (500, "SpikeStream('a.zarr', T=60, 40x48, 500 Hz)")
    bucket.pipe("recordings/a.zarr/spikes/c/0/0", b"nothing")
    with pytest.raises(FileError, match=r"c/0/0 changed while it was being read"):
        opened.read()
    with pytest.raises(FileError, match=r"s3://recordings/a\.zarr is damaged"):
        open("s3://recordings/a.zarr").read()


def test_an_object_that_changes_while_it_is_read_is_refused(bucket, address):
    opened = open(address)
    bucket.pipe("recordings/my data/a.dat", bytes(240 * 60))
    with pytest.raises(FileError, match=r"a\.dat changed while it was being read; open it again"):
        opened.read(3, 8)


def test_what_is_not_there_is_named(bucket, address):
    for name in ("recordings/none.npz", "no-bucket/a.npz", "recordings/my data.npz"):
        with pytest.raises(FileError, match=rf"s3://{name} does not exist"):
            open(f"s3://{name}")


def test_missing_credentials_are_explained_and_then_used(bucket, address, monkeypatch):
    with monkeypatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.delenv(name)
        remote_s3._client.cache_clear()
        with pytest.raises(FileError, match=r"needs credentials: set AWS_ACCESS_KEY_ID and AWS_S"):
            open(address, shape=(40, 48))
    assert open(address).shape == (60, 40, 48)


@pytest.fixture
def simple_store(server, bucket, stream, monkeypatch):
    """A server of files in place of the store, as web servers show a folder as a bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address("")[:-1])
    remote_s3._client.cache_clear()
    server.files["recordings/a.dat"], server.heads = stream.packed().tobytes(), True
    return server


def open_simple():
    return open("s3://recordings/a.dat", shape=(40, 48))


def test_answers_that_are_cut_off_are_requested_again(simple_store, stream):
    opened = open_simple()
    simple_store.cut = remote.ATTEMPTS - 1
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    assert simple_store.cut == 0
    opened = open_simple()
    simple_store.cut = 10**6
    with pytest.raises(FileError, match=r"s3://recordings/a\.dat cannot be read: the server does"):
        opened.read(0, 5)


def test_a_store_without_conditions_and_etags_is_compared(simple_store):
    simple_store.etags = False
    opened = open_simple()
    simple_store.files["recordings/a.dat"] = bytes(240 * 61)
    with pytest.raises(FileError, match=r"a\.dat changed while it was being read; open it again"):
        opened.read(3, 8)


def test_a_store_that_sends_no_ranges_is_refused(simple_store):
    opened = open_simple()
    simple_store.ranges = False
    with pytest.raises(FileError, match=r"a\.dat does not send ranges of a file; copy the file"):
        opened.read(3, 8)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AWS_PROFILE", "none", r"profile \(none\) could not be found; correct AWS_PROFILE"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:1", r"Invalid endpoint: 127\.0\.0\.1:1; correct AWS_PRO"),
    ],
)
def test_settings_that_are_wrong_are_named(bucket, address, monkeypatch, name, value, message):
    monkeypatch.setenv(name, value)
    with pytest.raises(FileError, match=message):
        open(address)


def test_outputs_at_addresses_are_refused(bucket, address, spikecam, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (
        ("convert", address, "-o", "s3://recordings/b.dat"),
        ("convert", address, "-o", "s3://recordings/b.zarr"),
        ("reconstruct", address, "-o", "https://host/b.png", "--method", "tfp"),
        ("reconstruct", address, "-o", "s3://recordings/b", "--method", "tfp"),
    ):
        ended = spikecam(*words)
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
        assert "outputs are files on this machine, and" in ended.err
    assert list(tmp_path.glob("*:")) == []


def test_a_folder_is_named(bucket, address):
    with pytest.raises(FileError, match=r"my data/a\.dat is a folder; name a file in it"):
        bucket.rm("recordings/my data/a.dat")
        bucket.pipe("recordings/my data/a.dat/b.dat", b"0")
        open(address)


def test_commands_take_addresses(bucket, address, stream, spikecam, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = spikecam("info", address)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{address}\n  frames       60\n")
    for words in (
        ("reconstruct", address, "-o", "far.png", "--method", "tfp", "--window", "21"),
        ("view", address, "-o", "seen.png", "--method", "tfi"),
        ("convert", address, "-o", "far.npz", "--frames", "5:25"),
    ):
        ended = spikecam(*words)
        assert ended.code == 0, ended.err
    local = sc.reconstruct(stream, 30, method="tfp", window=21)
    assert np.array_equal(
        np.asarray(sc.read_picture("far.png")),
        np.round(np.asarray(local) * 255).astype(np.float32) / np.float32(255),
    )
    assert np.array_equal(np.asarray(open("far.npz")), np.asarray(stream[5:25]))


def test_an_interrupted_conversion_of_an_address_goes_on(bucket, address, stream, tmp_path):
    pytest.importorskip("zarr")

    def interrupt(spans):
        yield from spans[:1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_recording(tmp_path / "b.zarr", open(address), progress=interrupt)
    write_recording(tmp_path / "b.zarr", open(address))
    assert np.array_equal(np.asarray(open(tmp_path / "b.zarr")), np.asarray(stream))
    shutil.rmtree(tmp_path / "b.zarr")


def test_lists_of_recordings_take_addresses(bucket, address, spikecam, tmp_path):
    for words, message in (
        (("calibrate", "fpn", address), "record thousands of frames"),
        (("calibrate", "tone", "s3://a/b.png", address), "s3://a/b.png is far away, and pictures"),
        (("deblur", "https://host/b.png", address), "https://host/b.png is far away, and only rec"),
        (("generate", "s3://a/b.png", address), "are no pictures, neither of them"),
    ):
        suffix = {"fpn": ".npz", "tone": ".json"}.get(words[1], ".png")
        ended = spikecam(*words, "-o", tmp_path / f"out{suffix}")
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert message in ended.err
