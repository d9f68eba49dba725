"""The command itself; what it measures is tested in tests/bench."""

import pytest
import typer

import spikecam as sc
from spikecam.bench import growth, guard, inputs, speed
from spikecam.cli import old_bench_speed as bench_speed

SIZES = inputs.Sizes((211, 10, 16), (20, 12, 16), (64, 96), 1, 1, 0, 1000, 8)


@pytest.fixture(autouse=True)
def tiny(monkeypatch, one_thread):
    """Tiny sizes, two works, and nothing grows."""
    quick = [work for work in speed.works() if work.name in ("decode", "SDM")]
    monkeypatch.setattr(speed, "works", lambda: quick)
    monkeypatch.setattr(speed, "peak_of_module", lambda *args: 5_000_000)
    monkeypatch.setattr(inputs, "QUICK", SIZES)
    grown = [{"what": "decode", "with": "frames", "power": 1.0}]
    monkeypatch.setattr(growth, "grow", lambda *args, **options: grown)


def test_tables_are_written(tmp_path, capsys):
    bench_speed.speed(out=tmp_path / "new", quick=True)
    out = capsys.readouterr().out
    assert "decode " in out
    assert f"{tmp_path / 'new'}: speed.md, speed.csv, growth_frames.png" in out
    page = (tmp_path / "new" / "speed.md").read_text()
    for text in ("# Speed", "| decode ", "numpy.unpackbits", "# Growth", "(growth_window.png)"):
        assert text in page
    table = (tmp_path / "new" / "speed.csv").read_text().splitlines()
    assert table[0].startswith("what,device,count,width,height,ms,")
    assert [line.split(",")[0] for line in table[1:]] == ["decode", "SDM"]


def test_nothing_is_written_without_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bench_speed.speed(quick=True)
    assert "SDM " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_slow_ends_in_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(guard, "LEAST", {"decode": 1e9, "SDM": 0.0})
    monkeypatch.setattr(guard, "LEAST_OF_NETWORKS", {"float32": {}})
    with pytest.raises(typer.Exit) as ended:
        bench_speed.speed(check=True, quick=True)
    assert ended.value.exit_code == 1
    err = capsys.readouterr().err
    assert err.startswith("spikecam: too slow: decode is ")
    assert err.count("\n") == 1


def test_what_is_fast_enough_passes(monkeypatch, capsys):
    monkeypatch.setattr(guard, "check", lambda rows: [])
    bench_speed.speed(check=True, quick=True)
    assert "nothing is slower than it may be" in capsys.readouterr().out


def test_a_bad_folder_is_refused_before_work(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(speed, "measure", lambda *args, **options: pytest.fail("work began"))
    with pytest.raises(sc.OutputError):
        bench_speed.speed(out=tmp_path / "file", quick=True)
