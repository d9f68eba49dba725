import numpy as np
import pytest

import spikecam as sc
from spikecam.online.methods import online_method_names, online_reconstructor


def test_methods_with_an_online_state_are_listed():
    assert online_method_names() == ["fusion", "tfp", "tfstp"]


@pytest.mark.parametrize("method", ["tfp", "tfstp"])
def test_the_picture_is_that_of_the_last_frame(spikes, method):
    stream = sc.SpikeStream.from_array(spikes(300, 5, 21))
    reconstructor = online_reconstructor(method, (5, 21), {"window": 41})
    for start, stop in ((0, 3), (3, 3), (3, 150), (150, 190), (190, 300)):
        reconstructor.update(stream[start:stop])
    expected = sc.reconstruct(stream, 279 if method == "tfp" else 299, method)
    assert reconstructor.picture() == pytest.approx(expected, abs=1e-5)


def test_an_online_window_may_be_even(spikes):
    array = spikes(60, 5, 9)
    reconstructor = online_reconstructor("tfp", (5, 9), {"window": 40})
    reconstructor.update(sc.SpikeStream.from_array(array))
    assert reconstructor.picture() == pytest.approx(array[20:].mean(axis=0), abs=1e-6)


def test_the_first_pictures_are_of_the_frames_so_far():
    reconstructor = online_reconstructor("tfp", (5, 9), {"window": 41})
    assert not reconstructor.picture().any()
    reconstructor.update(sc.SpikeStream.from_array(np.ones((10, 5, 9))))
    assert (reconstructor.picture() == 1).all()


def test_fusion_shows_the_moment_that_it_knows_both_sides_of(spikes):
    stream = sc.SpikeStream.from_array(spikes(700, 24, 32))
    reconstructor = online_reconstructor("fusion", (24, 32), {})
    assert not reconstructor.picture().any()
    for start in range(0, 700, 70):
        reconstructor.update(stream[start : start + 70])
    expected = sc.reconstruct(stream[700 - 576 :], 576 - 33, "fusion", weights="fusion-small")
    assert np.array_equal(reconstructor.picture(), expected)


def test_other_methods_are_refused():
    with pytest.raises(sc.OptionError, match="fusion or tfp or tfstp, not 'tfi'"):
        online_reconstructor("tfi", (5, 9), {"window": 41})


@pytest.mark.parametrize("window", [0, 1_000_000_000])
def test_windows_that_cannot_be_held_are_refused(window):
    with pytest.raises(sc.OptionError, match=f"1 to 10,000 frames of 400x2000.*not {window:,}"):
        online_reconstructor("tfp", (2000, 400), {"window": window})
