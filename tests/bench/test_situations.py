import numpy as np
import pytest

import spikecam as sc
from spikecam.bench import situations
from spikecam.bench.benchmark import RunContext, all_benchmarks
from spikecam.bench.situations import SITUATIONS, record_situation

BY_NAME = {one.name: one for one in SITUATIONS}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bright, still", "stands still"),
        ("bright, slow", "moves"),
        ("bright, fast", "moves"),
        ("dark, still", "stands still"),
        ("dark, fast", "moves"),
        ("out of focus", "stands still"),
    ],
)
def test_situations_are_recognized(name, words):
    stream, truth = record_situation(BY_NAME[name], 0)
    assert words in sc.choose_method(stream).reason
    rates = sc.reconstruct(stream, 80, "tfi", window=17)
    assert np.corrcoef(rates.ravel(), truth.ravel())[0, 1] > 0.8


def test_the_report_has_each_method_by_situation(monkeypatch, naturalness):
    monkeypatch.setattr(situations, "SITUATIONS", SITUATIONS[:2])
    methods = {label: situations.METHODS[label] for label in ("tfp", "aligned", "without --method")}
    monkeypatch.setattr(situations, "METHODS", methods)
    benchmark = all_benchmarks()["situations"]
    lines = []
    report = benchmark.run(
        benchmark.options(limit=1), RunContext("spikecam bench situations", lines.append)
    )
    assert [table.name for table in report.tables] == [
        "situations", "situations-niqe", "situations-brisque"
    ]  # fmt: skip
    table, niqe, brisque = report.tables
    assert all(row["bright, still"] is None for row in niqe.rows)
    assert all(0 < row["bright, slow"] < 100 for row in brisque.rows)
    rows = {row["method"]: row for row in table.rows}
    assert rows["aligned"]["bright, slow"] > rows["tfp"]["bright, slow"]
    assert rows["without --method"]["bright, still"] > rows["tfp"]["bright, still"]
    assert len(lines) == 2
    assert not any("chosen" in note for note in niqe.notes)
    assert any("chosen without --method: fusion" in note for note in table.notes)


def test_a_limit_below_one_is_refused():
    with pytest.raises(sc.OptionError, match="at least 1"):
        all_benchmarks()["situations"].options(limit=0)
