import numpy as np
import pytest

import spikecam as sc


def test_flow_comes_back(tmp_path):
    flow = np.random.default_rng(0).normal(size=(5, 7, 2)).astype(np.float32)
    sc.write_flow(tmp_path / "a.flo", flow)
    assert np.array_equal(sc.read_flow(tmp_path / "a.flo"), flow)
    # Middlebury's format: a tag, width and height, then x and y of each pixel by rows.
    stored = (tmp_path / "a.flo").read_bytes()
    assert stored[:4] == b"PIEH"
    assert np.frombuffer(stored, np.int32, 2, 4).tolist() == [7, 5]
    assert np.array_equal(np.frombuffer(stored, np.float32, offset=12), flow.ravel())


def test_what_is_no_flow_is_refused(tmp_path):
    flow = np.zeros((5, 7, 2), np.float32)
    with pytest.raises(sc.OutputError, match=r"written as \.flo"):
        sc.write_flow(tmp_path / "a.png", flow)
    with pytest.raises(sc.OptionError, match=r"\(height, width, 2\), not \(5, 7\)"):
        sc.write_flow(tmp_path / "a.flo", flow[..., 0])
    with pytest.raises(sc.OptionError, match="finite"):
        sc.write_flow(tmp_path / "a.flo", flow + np.nan)
    assert not list(tmp_path.iterdir())
    with pytest.raises(sc.FileError, match="does not exist"):
        sc.read_flow(tmp_path / "a.flo")
    (tmp_path / "a.flo").write_bytes(b"PIEH of something else")
    with pytest.raises(sc.FileError, match=r"damaged, or no \.flo file"):
        sc.read_flow(tmp_path / "a.flo")
