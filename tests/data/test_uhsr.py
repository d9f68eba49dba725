import numpy as np
import pytest

import spikecam as sc


def test_uhsr_recordings_are_found(data, tmp_path):
    assert [p.stream().shape for p in sc.read_uhsr(data / "real")] == [(200, 250, 250)]
    np.savez(tmp_path / "a.npz", spk=np.zeros((3, 4, 5), np.uint8), label_name="helicopter")
    np.savez(tmp_path / "b.npz", other=1)
    assert [p.label for p in sc.read_uhsr(tmp_path)] == ["helicopter"]
    (tmp_path / "c.npz").write_bytes(b"PK damaged")
    with pytest.raises(sc.FileError, match=r"c\.npz is damaged"):
        sc.read_uhsr(tmp_path)
