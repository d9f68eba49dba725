import numpy as np

from spikecam.reconstruction.charge import charge
from spikecam.stream import SpikeStream


def test_constant_light_is_measured_exactly(steady):
    rates = 1 / np.arange(1, 25).reshape(4, 6)
    stream = steady(rates, 200)
    for start, stop in ((0, 200), (90, 111), (3, 10), (190, 200)):
        assert np.allclose(charge(stream, start, stop), rates * (stop - start), rtol=1e-5)


def test_it_is_within_one_spike_of_the_count_and_adds_up(spikes):
    stream = SpikeStream.from_array(spikes(120, 5, 9, rate=0.2))
    whole = charge(stream, 10, 110)
    assert np.abs(whole - stream.count(10, 110)).max() <= 1
    assert np.allclose(charge(stream, 10, 47) + charge(stream, 47, 110), whole, atol=1e-4)


def test_darkness_collects_next_to_nothing(steady):
    dark = charge(steady(np.zeros((2, 2)), 2000), 900, 1000)
    assert (dark == 0).all()
