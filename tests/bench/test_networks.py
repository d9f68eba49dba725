from dataclasses import replace

import pytest

from spikecam.bench import networks


@pytest.mark.usefixtures("one_thread")
def test_every_network_has_a_row(monkeypatch):
    monkeypatch.setattr(networks, "SIZES", replace(networks.SIZES, picture=(96, 128)))
    monkeypatch.setattr(networks, "peak_memory_of_module", lambda *args: 5_000_000)
    lines = []
    rows = networks.measure_networks(2, lines.append)
    assert "2 frames of 128x96" in lines[0]
    assert [row["weights"] for row in rows] == ["ldn", "refined", "refined-small"]
    assert all(row["peak MB"] == 5 for row in rows)
    assert all(row["ms a frame"] > 0 and row["x plain LDN"] > 0 for row in rows)
