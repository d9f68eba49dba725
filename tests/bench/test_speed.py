import sys

from spikecam.bench import speed


def test_the_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(speed, "T", 211)
    monkeypatch.setattr(speed, "H", 10)
    monkeypatch.setattr(speed, "W", 16)
    monkeypatch.setattr(sys, "argv", ["speed"])
    speed.main()
    out = capsys.readouterr().out
    for line in ("decode", "TFP, window 201", "TFI", "TFSTP", "spikecam --help", "a terabyte"):
        assert line in out


def test_peak_memory_is_read_from_the_process(capsys):
    speed.measure_memory(60, 250, 400)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["tfp", "tfi", "tfstp"]
    assert all(50 < int(line.split()[2]) < 400 for line in lines[1:])
