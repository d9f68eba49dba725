"""Sizes and times of networks of a window of spikes."""

import pytest

import spikecam as sc
from spikecam.bench.benchmark import all_benchmarks
from spikecam.bench.window_networks import measure_window_network, measure_window_networks


def test_products_are_counted():
    parameters, macs, seconds = measure_window_network("base", (16, 24))
    assert parameters == 180_705
    # Each weight of its convolutions, all but 273 biases, once a pixel.
    assert macs == pytest.approx(16 * 24 * (parameters - 273), rel=1e-6)
    assert seconds > 0


def test_a_row_has_what_was_published():
    lines = []
    (row,) = measure_window_networks(("base",), (16, 24), lines.append)
    assert row["parameters, M"] == pytest.approx(0.180705)
    assert row["published PSNR on REDS-BASE"] == 36.59
    assert len(lines) == 1


def test_other_methods_are_refused():
    with pytest.raises(sc.OptionError, match="no network 'tfp' of a window of spikes"):
        all_benchmarks()["window-networks"].options(method=("tfp",))
