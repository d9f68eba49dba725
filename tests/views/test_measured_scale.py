"""Firing rates of white and of darkness, measured from recordings whose rates are known."""

import numpy as np
import pytest

from spikecam.errors import OptionError
from spikecam.views.measured_scale import match_photographs, measure_scale

LIGHT = np.linspace(0, 1, 600).reshape(20, 30)


def test_white_and_darkness_are_the_brightest_and_the_darkest_pixels(steady):
    scale = measure_scale(steady(0.01 + 0.4 * LIGHT, 400), 41)
    assert scale.white_rate == pytest.approx(0.4, abs=0.02)
    assert scale.dark_rate == pytest.approx(0.014, abs=0.004)


def test_light_that_is_bright_for_a_short_time_is_white(steady):
    bright, dim = np.asarray(steady(0.4 * LIGHT, 80)), np.asarray(steady(0.1 * LIGHT, 320))
    stream = type(steady(LIGHT, 1)).from_array(np.concatenate([dim, bright]))
    assert measure_scale(stream, 41).white_rate == pytest.approx(0.4, abs=0.02)


def test_a_scene_without_anything_black_has_no_dark_rate(steady):
    assert measure_scale(steady(0.2 + 0.2 * LIGHT, 400), 41).dark_rate == 0


def test_rates_that_are_known_are_taken(steady):
    stream = steady(0.4 * LIGHT, 100)
    scale = measure_scale(stream, 41, white_rate=0.7, dark_rate=0.1)
    assert (scale.white_rate, scale.dark_rate) == (0.7, 0.1)
    scale = measure_scale(stream, 41, dark_rate=0.1)
    assert scale.white_rate == pytest.approx(0.3, abs=0.02)


def test_a_recording_that_is_dark_is_refused(steady):
    with pytest.raises(OptionError, match="the recording is dark: its brightest pixels fire 0"):
        measure_scale(steady(0 * LIGHT, 60), 41)


def test_photographs_of_part_of_the_range_say_what_white_is(steady):
    stream = steady(0.02 + 0.25 * LIGHT, 300)
    photographs = [LIGHT, np.repeat(LIGHT[..., None], 3, axis=2)]
    scale = match_photographs(stream, [(10, 110), (150, 250)], photographs, dark_rate=0.02)
    assert scale.white_rate == pytest.approx(0.25, rel=0.02)
    assert scale.dark_rate == 0.02


def test_photographs_in_colours_are_weighed_as_the_sensor_sees_them(steady):
    red = np.zeros((20, 30, 3))
    red[..., 0] = 0.8
    gray = match_photographs(steady(0.3 * 0.4 * red[..., 0], 300), [(0, 300)], [red], dark_rate=0.0)
    assert gray.white_rate == pytest.approx(0.4, rel=0.02)
    mosaic = np.zeros((20, 30))
    mosaic[::2, ::2] = 0.4 * 0.8
    scale = match_photographs(steady(mosaic, 300), [(0, 300)], [red], dark_rate=0.0, bayer=True)
    assert scale.white_rate == pytest.approx(0.4, rel=0.02)


@pytest.mark.parametrize(("rate", "light", "what"), [(0, 1, "recording is"), (1, 0, "photograph")])
def test_what_is_dark_cannot_be_matched(steady, rate, light, what):
    stream = steady(0.3 * rate * LIGHT, 60)
    with pytest.raises(OptionError, match=f"the {what}.* dark"):
        match_photographs(stream, [(0, 60)], [light * LIGHT])
