"""The command itself; what it measures is tested in tests/bench."""

import pytest

from spikecam.bench import regression_limits, scaling, speed, speed_inputs

SIZES = speed_inputs.SpeedSizes((211, 10, 16), (20, 12, 16), (64, 96), 1, 1, 0, 1000, 8)


@pytest.fixture(autouse=True)
def tiny(monkeypatch, one_thread):
    """Tiny sizes, two workloads, and no measurement of growth or start-up."""
    quick = [workload for workload in speed.all_workloads() if workload.name in ("decode", "SDM")]
    monkeypatch.setattr(speed, "all_workloads", lambda: quick)
    monkeypatch.setattr(speed, "peak_memory_of_module", lambda *args: 5_000_000)
    monkeypatch.setattr(speed_inputs, "QUICK", SIZES)
    monkeypatch.setattr("spikecam.bench.startup.measure_startup", lambda say: [{"what": "x"}])
    grown = [{"what": "decode", "with": "frames", "power": 1.0}]
    monkeypatch.setattr(scaling, "measure_growth", lambda *args, **options: grown)


def test_tables_are_written(spikecam, tmp_path):
    out = tmp_path / "new"
    ended = spikecam("bench", "speed", "--quick", "-o", out)
    assert ended.code == 0
    assert "decode " in ended.out
    page = (out / "speed.md").read_text()
    for text in ("# Speed", "| decode ", "numpy.unpackbits", "Growth of time with size"):
        assert text in page
    table = (out / "speed.csv").read_text().splitlines()
    assert table[0].startswith("what,device,count,width,height,ms,")
    assert [line.split(",")[0] for line in table[1:]] == ["decode", "SDM"]


def test_nothing_is_written_without_a_folder(spikecam, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "SDM " in spikecam("bench", "speed", "--quick").out
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_slow_ends_in_a_failure(spikecam, monkeypatch):
    monkeypatch.setattr(regression_limits, "MIN_SPEEDUPS", {"decode": 1e9, "SDM": 0.0})
    monkeypatch.setattr(regression_limits, "MIN_NETWORK_SPEEDUPS", {"float32": {}, "bfloat16": {}})
    ended = spikecam("bench", "speed", "--quick", "--check")
    assert ended.code == 1
    assert "spikecam: too slow: decode is " in ended.err


def test_what_is_fast_enough_passes(spikecam, monkeypatch):
    monkeypatch.setattr(regression_limits, "find_regressions", lambda rows: [])
    ended = spikecam("bench", "speed", "--quick", "--check")
    assert ended.code == 0
    assert "nothing is slower than it may be" in ended.out + ended.err


def test_a_bad_folder_is_refused_before_work(spikecam, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(speed, "measure_speed", lambda *args, **options: pytest.fail("work began"))
    assert spikecam("bench", "speed", "--quick", "-o", tmp_path / "file").code == 2
