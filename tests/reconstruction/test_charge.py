import numpy as np
import pytest

import spikecam as sc
from spikecam.reconstruction import charge as module
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.stream import SpikeStream


def test_constant_light_is_measured_exactly(steady):
    rates = 1 / np.arange(1, 25).reshape(4, 6)
    spans = [(0, 200), (90, 111), (3, 10), (190, 200)]
    for (start, stop), charge in zip(
        spans, iter_span_charges(steady(rates, 200), spans), strict=True
    ):
        assert np.allclose(charge, rates * (stop - start), rtol=1e-4)


def test_a_spike_belongs_to_a_window_by_how_its_interval_lies_in_it(spikes):
    dense = spikes(120, 5, 9, rate=0.3)
    stream = SpikeStream.from_array(dense)
    [charge] = iter_span_charges(stream, [(40, 83)])
    for y, x in np.ndindex(5, 9):
        times = np.flatnonzero(dense[:, y, x]) + 1
        collected = np.interp([40, 83], times, np.arange(len(times)))
        assert np.isclose(charge[y, x], np.diff(collected)[0], atol=1e-5)


def test_it_is_within_one_spike_of_the_count_and_adds_up(spikes):
    stream = SpikeStream.from_array(spikes(120, 5, 9, rate=0.2))
    whole, before, after = iter_span_charges(stream, [(10, 110), (10, 47), (47, 110)])
    assert np.abs(whole - stream.count(10, 110)).max() <= 1
    assert np.allclose(before + after, whole, atol=1e-4)


def test_many_windows_take_several_walks_and_agree(spikes, monkeypatch):
    stream = SpikeStream.from_array(spikes(2000, 5, 9, rate=0.2))
    spans = [(start, start + 17) for start in range(0, 1983, 40)]
    at_once = list(iter_span_charges(stream, spans))
    monkeypatch.setattr(module, "_HELD_BYTES", 3 * 8 * 5 * 9)
    assert np.array_equal(list(iter_span_charges(stream, spans)), at_once)


def test_a_window_is_the_same_alone_and_among_others_however_dark_it_is(spikes):
    stream = SpikeStream.from_array(spikes(4000, 5, 9, rate=0.0005))
    spans = [(0, 97), (1442, 1459), (1500, 1517), (3000, 3400), (3983, 4000)]
    for span, among in zip(spans, iter_span_charges(stream, spans), strict=True):
        [alone] = iter_span_charges(stream, [span])
        assert np.array_equal(alone, among)


def test_a_window_outside_the_recording_is_refused(spikes):
    stream = SpikeStream.from_array(spikes(20, 2, 2))
    with pytest.raises(sc.RangeError):
        list(iter_span_charges(stream, [(10, 21)]))


def test_darkness_collects_next_to_nothing(steady):
    [dark] = iter_span_charges(steady(np.zeros((2, 2)), 2000), [(900, 1000)])
    assert (dark < 0.1).all()
