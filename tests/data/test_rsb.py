import numpy as np
import pytest

import spikecam as sc


def test_rsb_pairs_come_back(tmp_path, stream):
    y, x = np.mgrid[:32, :48]
    picture = np.stack([y * 8, x * 5, (y + x) * 3], axis=-1).astype(np.uint8)
    sc.write_rsb_pair(tmp_path, "low light", "0001", stream=stream, blur=picture)
    (pair,) = sc.read_rsb(tmp_path)
    assert np.array_equal(pair.stream(), stream)
    assert pair.blurry_picture() == pytest.approx(picture / 255, abs=0.03)  # it is a JPEG
    assert (pair.scene, pair.name, pair.exposure) == ("low light", "0001", None)


def test_a_picture_of_another_size_is_not_written(tmp_path, stream, picture):
    with pytest.raises(sc.OptionError, match="4 times as fine"):
        sc.write_rsb_pair(tmp_path, "a", "1", stream=stream, blur=picture[:8])
    assert not list(tmp_path.iterdir())
