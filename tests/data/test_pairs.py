import pytest

import spikecam as sc


def test_folders_without_pairs_are_refused(tmp_path):
    for read in (sc.read_spike_gopro, sc.read_rsb, sc.read_reds, sc.read_uhsr):
        with pytest.raises(sc.FileError, match="expected"):
            read(tmp_path)
