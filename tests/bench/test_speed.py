import pytest
import torch

from spikecam.bench import guard, speed, streaming
from spikecam.bench.start import measure_start
from spikecam.bench.works import works

pytestmark = pytest.mark.usefixtures("one_thread")


def test_every_work_has_a_row(tiny):
    said = []
    rows = speed.measure(tiny, peaks=False, say=said.append)
    on_processor = [row for row in rows if row["device"] == "cpu"]
    assert [row["what"] for row in on_processor] == [work.name for work in works()]
    assert len({tuple(row) for row in rows}) == 1
    for row in rows:
        assert row["ms"] > 0
        assert row["x plain"] > 0
        assert row["share"] > 0
        assert (row["limit"] == "memory") == (row["first ms"] is None)
        assert any(text.startswith(row["what"]) for text in said)


def test_every_work_has_a_bound():
    for bounds in guard.LEAST_OF_NETWORKS.values():
        assert [*guard.LEAST, *bounds] == [work.name for work in works()]


def test_the_table_is_printed(tiny, monkeypatch, capsys):
    two = [work for work in works() if work.name in ("TFI", "SDM")]
    monkeypatch.setattr(speed, "works", lambda: two)
    monkeypatch.setattr(speed, "peak_of_module", lambda *args: 5_000_000)
    speed.measure(tiny)
    measure_start()
    out = capsys.readouterr().out
    for text in ("TFI", "SDM", "5 MB", "spikecam --help", "a terabyte"):
        assert text in out


def test_operations_are_those_of_the_second_picture():
    sides = iter((5, 3, 7))
    products = (torch.ones(n, n) @ torch.ones(n, n) for n in sides)
    assert speed.operations(products) == 2 * 3**3


def test_peak_memory_is_read_from_the_process(capsys):
    streaming.measure_memory(60, 40, 64)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["tfp", "tfi", "tfstp"]
    assert all(50 < int(line.split()[2]) < 400 for line in lines[1:])
