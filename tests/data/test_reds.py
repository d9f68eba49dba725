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
