import pytest
import torch

from spikecam.bench import regression_limits, speed, streaming
from spikecam.bench.startup import measure_startup
from spikecam.bench.workloads import all_workloads

pytestmark = pytest.mark.usefixtures("one_thread")


def test_every_work_has_a_row(tiny):
    said = []
    rows = speed.measure_speed(tiny, with_peak_memory=False, say=said.append)
    on_processor = [row for row in rows if row["device"] == "cpu"]
    assert [row["what"] for row in on_processor] == [workload.name for workload in all_workloads()]
    assert len({tuple(row) for row in rows}) == 1
    for row in rows:
        assert row["ms"] > 0
        assert row["x plain"] > 0
        assert row["share"] > 0
        assert (row["limit"] == "memory") == (row["first ms"] is None)
        assert any(text.startswith(row["what"]) for text in said)


def test_every_work_has_a_bound():
    for bounds in regression_limits.MIN_NETWORK_SPEEDUPS.values():
        assert [*regression_limits.MIN_SPEEDUPS, *bounds] == [
            workload.name for workload in all_workloads()
        ]


def test_the_table_is_printed(tiny, monkeypatch, capsys):
    two = [workload for workload in all_workloads() if workload.name in ("TFI", "SDM")]
    monkeypatch.setattr(speed, "all_workloads", lambda: two)
    monkeypatch.setattr(speed, "peak_memory_of_module", lambda *args: 5_000_000)
    speed.measure_speed(tiny)
    measure_startup()
    out = capsys.readouterr().out
    for text in ("TFI", "SDM", "5 MB", "spikecam --help", "a terabyte"):
        assert text in out


def test_operations_are_those_of_the_second_picture():
    sides = iter((5, 3, 7))
    products = (torch.ones(n, n) @ torch.ones(n, n) for n in sides)
    assert speed.operations_per_picture(products) == 2 * 3**3


def test_peak_memory_is_read_from_the_process():
    rows = streaming.measure_streaming(60, 40, 64, lambda line: None)
    assert [row["method"] for row in rows] == ["tfi", "tfp", "tfstp"]
    assert all(50 < row["peak MB"] < 400 for row in rows)
