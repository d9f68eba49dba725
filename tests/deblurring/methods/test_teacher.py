import numpy as np
import pytest

import spikecam as sc


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 3), (4, 11), (20, 7)])
def test_spikes_too_small_or_narrow_for_its_network_are_refused(spikes, shape):
    stream = sc.SpikeStream.from_array(spikes(20, *shape))
    blur = np.zeros([4 * side for side in shape])
    with pytest.raises(sc.GeometryError, match=f"these are {shape[1]}x{shape[0]}; use refined"):
        sc.deblur(blur, stream, at=10, method="teacher")
    # Without that network nothing is in the way.
    options = {"method": "teacher", "weights": ("none", "edsr")}
    assert sc.deblur(blur, stream, at=10, **options).shape == blur.shape


def test_the_smallest_and_the_narrowest_are_taken(spikes):
    for shape in ((4, 4), (4, 10)):
        stream = sc.SpikeStream.from_array(spikes(20, *shape))
        blur = np.zeros([4 * side for side in shape])
        assert sc.deblur(blur, stream, at=10, method="teacher").shape == blur.shape


def test_it_takes_two_weights(spikes):
    stream = sc.SpikeStream.from_array(spikes(20, 4, 4))
    for weights in ("bsn", ["bsn"], ["bsn", "edsr", "edsr"]):
        with pytest.raises(sc.OptionError, match="teacher takes 2 weights, of bsn and edsr, not"):
            sc.deblur(np.zeros((16, 16)), stream, method="teacher", weights=weights)
