import sys
from pathlib import Path

import fsspec
import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import FileError, SpikecamError
from spikecam.io import remote_file
from spikecam.io.paths import check_existing_file
from spikecam.io.recording import as_stream, open
from spikecam.io.remote import open_filesystem
from spikecam.io.remote_address import RemoteAddress, as_recording_path


def test_paths_stay_paths_and_addresses_become_one():
    assert as_recording_path("a/b.dat") == Path("a/b.dat")
    assert as_recording_path(Path("a.dat")) == Path("a.dat")
    address = as_recording_path("S3://bucket/my%20data/car.DAT")
    assert isinstance(address, RemoteAddress)
    assert (address.scheme, address.name, address.stem, address.suffix) == (
        "s3",
        "car.DAT",
        "car",
        ".DAT",
    )
    assert as_recording_path(address) is address


def test_an_address_as_text_has_no_query_and_no_user():
    address = RemoteAddress("https://me:secret@host:8000/a/b.dat?key=secret#secret")
    assert str(address) == "https://host:8000/a/b.dat"
    assert "secret" not in f"{address!r}"
    assert address.with_added_path(".json").url.startswith("https://me:secret@host:8000/a/b.dat.js")
    assert address.with_added_path(".json").url.endswith("?key=secret#secret")


def test_names_in_a_store_are_taken_letter_by_letter():
    address = RemoteAddress("s3://bucket/run#1/what?%20.dat")
    assert (str(address), address.name) == (address.url, "what?%20.dat")
    assert (address.stem, address.suffix) == ("what?%20", ".dat")
    assert address.with_added_path(".json").url == f"{address.url}.json"
    # Of a scheme that is not known it may be secret.
    assert str(RemoteAddress("abfs://me:pass@store/a.dat?sig=secret")) == "abfs://store/a.dat"
    web = RemoteAddress("https://host/my%20car.dat#part")
    assert (web.name, str(web)) == ("my car.dat", "https://host/my%20car.dat")


def test_other_schemes_and_formats_are_refused(monkeypatch, tmp_path):
    with pytest.raises(FileError, match="addresses ftp:// are not read, but s3://, gs://, http"):
        open("ftp://host/a.dat")
    with pytest.raises(FileError, match="does not end like a spike recording"):
        open("https://host/a.mp4")
    with pytest.raises(FileError, match=r"a\.png is far away, and only recordings"):
        check_existing_file(Path("https://host/a.png"))


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(SpikecamError, match="gcsfs is not installed; for recordings at gs:// run"):
        open_filesystem(RemoteAddress("gs://bucket/a.dat"))


def test_recordings_in_memory(stream, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 1 << 9)
    memory = fsspec.filesystem("memory")
    memory.pipe("/far/a.dat", stream.packed().tobytes())
    opened = as_stream("memory://far/a.dat", (40, 48))
    assert np.array_equal(np.asarray(opened), np.asarray(stream))
    memory.pipe("/far/a.dat", bytes(240 * 59))
    with pytest.raises(FileError, match=r"/a\.dat changed while it was being read"):
        opened.read(1, 2)
    memory.rm("/far/a.dat")
    with pytest.raises(FileError, match=r"/a\.dat changed while it was being read"):
        opened.read(8, 9)
    with pytest.raises(FileError, match="does not end like"):
        sc.open("memory://far")
