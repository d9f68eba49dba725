import pytest

import spikecam as sc


@pytest.fixture
def recording(tmp_path, spikes):
    """A headerless recording of 60 frames of 9x6 in a folder with a space."""
    path = tmp_path / "my data" / "spikes.dat"
    sc.save(path, sc.SpikeStream.from_array(spikes(60, 6, 9)))
    path.with_name("spikes.dat.json").unlink()
    return path


@pytest.fixture
def refused(spikecam):
    """Run a command with bad input: one line of error, and nothing is left in the folder."""

    def run(folder, words, command, out):
        before = sorted(folder.rglob("*"))
        ended = spikecam(*command.split(), "-o", out)
        assert ended.code == 2
        assert words in ended.err
        assert ended.err.startswith("spikecam: ")
        assert ended.err.count("\n") == 1
        assert sorted(folder.rglob("*")) == before

    return run
