import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import FileError, OptionError, OutputError
from spikecam.io import picture_store
from spikecam.io.picture_store import CHUNK_FRAMES, join_picture_stores, write_picture_store

zarr = pytest.importorskip("zarr")


def pictures(count, shape=(5, 7), dtype=np.float32):
    values = np.random.default_rng(count).random((count, *shape))
    return values.astype(dtype) if dtype != np.uint8 else (255 * values).astype(np.uint8)


@pytest.mark.parametrize("count", [1, CHUNK_FRAMES, 2 * CHUNK_FRAMES + 3])
@pytest.mark.parametrize(("shape", "dtype"), [((5, 7), np.float32), ((4, 6, 3), np.uint8)])
def test_values_are_held_as_they_are(tmp_path, count, shape, dtype):
    values = pictures(count, shape, dtype)
    sc.open_output(tmp_path / "a.zarr").write(iter(values), range(10, 10 + count))
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert group["pictures"].dtype == dtype
    assert np.array_equal(group["pictures"][:], values)
    assert group["frame"][:].tolist() == list(range(10, 10 + count))
    assert len([*(tmp_path / "a.zarr/pictures/c").iterdir()]) == -(-count // CHUNK_FRAMES)


@pytest.mark.parametrize("has_links", [True, False])
def test_parts_are_joined(tmp_path, monkeypatch, has_links):
    values = pictures(3 * CHUNK_FRAMES + 2)
    parts = [tmp_path / "0.zarr", tmp_path / "1.zarr"]
    write_picture_store(parts[0], values[: 2 * CHUNK_FRAMES])
    write_picture_store(parts[1], values[2 * CHUNK_FRAMES :])
    if not has_links:

        def refuse(*args):
            raise OSError("no links here")

        monkeypatch.setattr(picture_store, "os", type("os", (), {"link": refuse}))
    join_picture_stores(tmp_path / "a.zarr", parts, range(len(values)))
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr/pictures", mode="r")[:], values)


def test_a_store_is_replaced_only_on_request(tmp_path):
    path = tmp_path / "a.zarr"
    write_picture_store(path, pictures(2))
    with pytest.raises(OutputError):
        sc.open_output(path)
    sc.open_output(path, overwrite=True).write(pictures(3))
    assert zarr.open_array(path / "pictures", mode="r").shape[0] == 3
    # A recording in its place is left.
    sc.save(tmp_path / "b.zarr", sc.SpikeStream.from_array(np.ones((9, 3, 4), np.uint8)))
    with pytest.raises(OutputError):
        sc.open_output(tmp_path / "b.zarr", overwrite=True)


def test_what_does_not_go_together_is_refused(tmp_path):
    path, part = tmp_path / "a.zarr", tmp_path / "0.zarr"
    with pytest.raises(OptionError, match="leave the bits out"):
        sc.open_output(path, bits=16)
    with pytest.raises(OptionError, match="no frames"):
        write_picture_store(path, [])
    with pytest.raises(OptionError, match="one size and type"):
        write_picture_store(path, [*pictures(1), *pictures(1, (5, 8))])
    with pytest.raises(OptionError, match="a number each"):
        write_picture_store(path, pictures(2), [1])
    write_picture_store(part, pictures(2))
    with pytest.raises(OptionError, match="parts of it differ"):
        join_picture_stores(path, [part, part], range(4))
    with pytest.raises(FileError, match="no store of pictures"):
        join_picture_stores(path, [tmp_path / "none.zarr"], range(4))
    assert not path.exists()
