"""Recordings in Google Cloud Storage, by a server on this machine where one is installed."""

import logging

import numpy as np
import pytest

from spikecam.errors import FileError
from spikecam.io.recording import open, write_recording


@pytest.fixture
def bucket(monkeypatch):
    """A file system of a bucket ``recordings`` of its own."""
    # gcsfs would ask by gRPC what kind of bucket it is, which the server does not know.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")
    gcsfs = pytest.importorskip("gcsfs", reason="gcsfs is not installed")
    emulator = pytest.importorskip(
        "gcp_storage_emulator.server", reason="gcp-storage-emulator is not installed"
    )
    logging.getLogger("gcp_storage_emulator").setLevel(logging.CRITICAL)
    server = emulator.create_server("127.0.0.1", 0, in_memory=True, default_bucket="recordings")
    server.start()
    port = server._api._httpd.server_port
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    gcsfs.GCSFileSystem.clear_instance_cache()
    yield gcsfs.GCSFileSystem(token="anon")
    gcsfs.GCSFileSystem.clear_instance_cache()
    server.stop()


def test_recordings_are_read_and_changes_are_refused(bucket, stream, tmp_path):
    write_recording(tmp_path / "a.dat", stream)
    for name in ("a.dat", "a.dat.json"):
        bucket.pipe(f"recordings/my data/{name}", (tmp_path / name).read_bytes())
    opened = open("gs://recordings/my data/a.dat")
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    assert opened.rate == 500
    opened = open("gs://recordings/my data/a.dat")
    bucket.pipe("recordings/my data/a.dat", bytes(240 * 60))
    with pytest.raises(FileError, match="changed while it was being read; open it again"):
        opened.read(3, 8)
    with pytest.raises(FileError, match=r"gs://recordings/none\.npz does not exist"):
        open("gs://recordings/none.npz")
