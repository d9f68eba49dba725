import numpy as np

from spikecam.reconstruction import charge as module
from spikecam.reconstruction.charge import charges
from spikecam.stream import SpikeStream


def test_constant_light_is_measured_exactly(steady):
    rates = 1 / np.arange(1, 25).reshape(4, 6)
    spans = [(0, 200), (90, 111), (3, 10), (190, 200)]
    for (start, stop), charge in zip(spans, charges(steady(rates, 200), spans), strict=True):
        assert np.allclose(charge, rates * (stop - start), rtol=1e-4)


def test_a_spike_belongs_to_a_window_by_how_its_interval_lies_in_it(spikes):
    dense = spikes(120, 5, 9, rate=0.3)
    stream = SpikeStream.from_array(dense)
    [charge] = charges(stream, [(40, 83)])
    for y, x in np.ndindex(5, 9):
        times = np.flatnonzero(dense[:, y, x]) + 1
        collected = np.interp([40, 83], times, np.arange(len(times)))
        assert np.isclose(charge[y, x], np.diff(collected)[0], atol=1e-5)


def test_it_is_within_one_spike_of_the_count_and_adds_up(spikes):
    stream = SpikeStream.from_array(spikes(120, 5, 9, rate=0.2))
    whole, before, after = charges(stream, [(10, 110), (10, 47), (47, 110)])
    assert np.abs(whole - stream.count(10, 110)).max() <= 1
    assert np.allclose(before + after, whole, atol=1e-4)


def test_many_windows_take_several_walks_and_agree(spikes, monkeypatch):
    stream = SpikeStream.from_array(spikes(2000, 5, 9, rate=0.2))
    spans = [(start, start + 17) for start in range(0, 1983, 40)]
    at_once = list(charges(stream, spans))
    monkeypatch.setattr(module, "_HELD_BYTES", 3 * 8 * 5 * 9)
    assert np.allclose(list(charges(stream, spans)), at_once, atol=1e-4)


def test_darkness_collects_next_to_nothing(steady):
    [dark] = charges(steady(np.zeros((2, 2)), 2000), [(900, 1000)])
    assert (dark < 0.1).all()
