import pytest

import spikecam as sc


@pytest.fixture
def jobs(recordings):
    """A picture by TFI of each recording."""
    return [
        sc.BatchJob("reconstruct", path, f"out/{i}.png", {"method": "tfi", "at": 30})
        for i, path in enumerate(recordings)
    ]
