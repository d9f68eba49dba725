import sys

import numpy as np

from spikecam.bench import networks


def test_the_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(networks, "HEIGHT", 96)
    monkeypatch.setattr(networks, "WIDTH", 128)
    monkeypatch.setattr(networks, "peak_memory", lambda name, frames: 5_000_000)
    monkeypatch.setattr(sys, "argv", ["networks", "--frames", "2"])
    networks.main()
    out = capsys.readouterr().out
    assert "2 frames of 128x96" in out
    assert all(f"\n{name} " in out for name in ("ldn", "refined", "refined-small"))


def test_both_make_the_same_picture(monkeypatch):
    monkeypatch.setattr(networks, "HEIGHT", 96)
    monkeypatch.setattr(networks, "WIDTH", 128)
    plain = next(networks.plain(1))[0].permute(1, 2, 0).numpy()
    assert np.abs(next(networks.pictures("ldn", 1)) - plain).max() < 0.02
