import numpy as np
import pytest

import spikecam as sc


def test_reds_pairs_have_the_frame_at_150(data):
    pairs = sc.read_reds(data / "reds_spikes")
    assert len(pairs) == 3
    truth = sc.read_picture(pairs[0].sharp[150])
    rates = sc.reconstruct(pairs[0].stream(), 150, "tfp")
    assert np.corrcoef(truth.ravel(), rates.ravel())[0, 1] > 0.95
    with pytest.raises(sc.OptionError, match="no blurry picture"):
        pairs[0].blurry_picture()


@pytest.mark.parametrize("recordings", ["input", "spike"])
def test_recordings_and_pictures_lie_in_two_folders(tmp_path, spikes, recordings):
    sc.save(tmp_path / recordings / "one.dat", sc.SpikeStream.from_array(spikes(301, 6, 8)))
    sc.write_picture(tmp_path / "gt" / "one.png", np.full((6, 8), 0.5, np.float32))
    (pair,) = sc.read_reds(tmp_path)
    assert pair.name == "one"
    assert pair.sharp[150] == tmp_path / "gt" / "one.png"
    assert pair.stream().shape == (301, 6, 8)
