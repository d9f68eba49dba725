import sys
from dataclasses import replace

import pytest

from spikecam.bench import networks


@pytest.mark.usefixtures("one_thread")
def test_the_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(networks, "SIZES", replace(networks.SIZES, picture=(96, 128)))
    monkeypatch.setattr(networks, "peak_of_module", lambda *args: 5_000_000)
    monkeypatch.setattr(sys, "argv", ["networks", "--frames", "2"])
    networks.main()
    out = capsys.readouterr().out
    assert "2 frames of 128x96" in out
    assert all(f"\n{name} " in out for name in ("ldn", "refined", "refined-small"))
    assert out.count("5 MB\n") == 3
