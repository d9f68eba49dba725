"""Data sets of pairs."""

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture
def rsb(tmp_path):
    """RSB with 400 frames of 24x16 to a picture: scenes a to d, of two pairs each."""

    def make(scenes="abcd", pairs=2):
        rng = np.random.default_rng(0)
        for scene in scenes:
            for n in range(pairs):
                stream = sc.SpikeStream.from_array(rng.random((400, 16, 24)) < 0.3)
                sc.write_rsb_pair(
                    tmp_path / "rsb", scene, f"{n}", stream=stream, blur=rng.random((64, 96, 3))
                )
        return tmp_path / "rsb"

    return make
