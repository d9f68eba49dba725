import numpy as np
import pytest

from spikecam.networks.configs.bsf import BSFInputConfig
from spikecam.reconstruction.interval_maps import interval_maps

ENDS = BSFInputConfig(spike_ends_interval=True, margin=0, max_interval=25)
BEGINS = BSFInputConfig(spike_ends_interval=False, margin=0, max_interval=25)


def recording(frames, *times):
    """Spikes of one pixel."""
    spikes = np.zeros((frames, 1, 1), np.uint8)
    spikes[list(times)] = 1
    return spikes


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_intervals_are_those_of_their_definition(spikes, rate):
    frames = spikes(40, 3, 4, rate)
    ends, begins = (interval_maps(frames, (0, 40), rule)[0] for rule in (ENDS, BEGINS))
    for row, column in np.ndindex(3, 4):
        times = np.flatnonzero(frames[:, row, column])
        for t in range(40):
            before, after = times[times < t], times[times >= t]
            known = len(before) > 0 and len(after) > 0
            assert ends[t, row, column] == min(after[0] - before[-1] if known else 25, 25)
            before, after = times[times <= t], times[times > t]
            start, stop = (before[-1] if len(before) else 0), (after[0] if len(after) else 40)
            assert begins[t, row, column] == min(stop - start, 25)


def test_neighbours_are_the_intervals_before_and_after():
    maps = interval_maps(recording(17, 2, 5, 9, 14), (0, 17), BEGINS)[:, :, 0, 0]
    between = [6, 7, 8]  # in the second of the three whole intervals
    assert (maps[:, [5, *between]].T == [4, 9, 7, 12]).all()
    # Where no whole interval follows, its own counts again.
    assert (maps[:, 10] == [5, 10, 9, 14]).all()
    # Nor where none came before.
    assert (maps[:, 3] == [3, 7, 6, 10]).all()


def test_margins_are_searched_for_spikes():
    spikes = recording(40, 3, 18, 22, 37)
    inside = interval_maps(spikes[10:30], (0, 20), ENDS)[0, :, 0, 0]
    around = interval_maps(spikes, (10, 30), ENDS)[0, :, 0, 0]
    assert inside.tolist() == [25] * 9 + [4] * 4 + [25] * 7
    assert around.tolist() == [15] * 9 + [4] * 4 + [15] * 7


def test_maps_are_floats_of_one_shape(spikes):
    maps = interval_maps(spikes(30, 5, 6), (10, 21))
    assert maps.shape == (4, 11, 5, 6)
    assert maps.dtype == np.float32
