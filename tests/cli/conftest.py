import pytest

import spikecam as sc


@pytest.fixture
def recording(tmp_path, spikes):
    """A headerless recording of 60 frames of 9x6 in a folder with a space."""
    path = tmp_path / "my data" / "spikes.dat"
    sc.save(path, sc.SpikeStream.from_array(spikes(60, 6, 9)))
    path.with_name("spikes.dat.json").unlink()
    return path
