"""The weights that ship keep their quality, on pictures that install with scikit-image."""

import pytest

from spikecam.bench.benchmark import RunContext
from spikecam.bench.benchmarks import shipped
from spikecam.weights.catalogue import shipped_weights


@pytest.fixture
def lines():
    return []


@pytest.mark.parametrize("task", ["deblurring", "spikes-alone", "defocus"])
def test_what_ships_has_the_recorded_quality(monkeypatch, task, lines):
    # The other thresholds are for the benchmark itself.
    monkeypatch.setattr(shipped, "THRESHOLDS", (2,))
    report = shipped.run(shipped.ShippedOptions(task), RunContext("test", lines.append))
    assert report.failures == []
    (table,) = report.tables
    assert all(row["recorded"] is not None for row in table.rows)
    assert len(lines) == len(table.rows)


def test_another_quality_is_a_failure(monkeypatch, lines):
    monkeypatch.setattr(shipped, "RECORDED", {("defocus", "tfp", "", "discs of 2 pixels"): 31.0})
    report = shipped.run(shipped.ShippedOptions("defocus"), RunContext("test", lines.append))
    (failure,) = report.failures
    assert "recorded were 31.00" in failure


def test_every_weight_that_ships_has_a_figure():
    named = {name for _, _, weights, _ in shipped.RECORDED for name in weights.split(", ")}
    assert named >= set(shipped_weights())
