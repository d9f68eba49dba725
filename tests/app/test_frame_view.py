from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.frame_view import (
    ViewSettings,
    default_view_settings,
    reconstruct_frame,
    render_frame_png,
    viewable_frames,
    window_options_that_fit,
)
from spikecam.app.pixel_trace import trace_pixel
from spikecam.method import Takes, find_method


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(2000, 6, 21, rate=0.1), rate=20_000)


@pytest.mark.parametrize(
    ("method", "options"),
    [("tfp", {"window": 51}), ("tfi", {}), ("tfstp", {}), ("defocus", {"window": 51})],
)
def test_a_frame_is_what_reconstruct_makes(stream, method, options):
    expected = sc.reconstruct(stream, 1500, method, **options)
    picture = reconstruct_frame(stream, 1500, ViewSettings(method, options))
    assert picture == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
def test_no_more_is_read_than_a_frame_depends_on(stream, method, monkeypatch):
    read = []
    packed = sc.SpikeStream.packed

    def counted(self, start=0, stop=None):
        frames = packed(self, start, stop)
        read.append(len(frames))
        return frames

    monkeypatch.setattr(sc.SpikeStream, "packed", counted)
    reconstruct_frame(stream, 1000, ViewSettings(method))
    trace_pixel(stream, 3, 4, 1000)
    assert sum(read) < 1200


def test_black_and_white_can_be_fixed():
    dark, light = np.full((4, 4), 0.2, np.float32), np.linspace(0, 1, 16, dtype=np.float32)
    display = ViewSettings(fixed_range=(0.0, 0.4)).display_mapping(dark)
    assert display(dark) == pytest.approx(0.5)
    assert ViewSettings(low=0, high=100).display_mapping(light)(light) == pytest.approx(light)
    with pytest.raises(sc.OptionError, match="black lies below white"):
        ViewSettings(low=50, high=50)


def test_a_png_has_the_levels_of_the_display(stream):
    settings = ViewSettings(options={"window": 51}, low=0, high=100)
    picture = sc.reconstruct(stream, 1500, window=51)
    levels = np.asarray(Image.open(BytesIO(render_frame_png(stream, 1500, settings))))
    assert levels == pytest.approx(255 * sc.stretch_for_display(picture, low=0, high=100), abs=0.51)


def test_settings_come_back_from_a_url():
    settings = ViewSettings("defocus", {"window": 51, "tile": None}, low=2, gamma=1.5)
    assert ViewSettings.from_json(settings.to_json()) == settings
    settings = ViewSettings(fixed_range=(0.1, 0.5), colours="viridis")
    assert ViewSettings.from_json(settings.to_json()) == settings


def test_colours_are_in_the_png_and_others_are_refused(stream):
    settings = ViewSettings(options={"window": 51}, colours="inferno")
    gray = Image.open(BytesIO(render_frame_png(stream, 1500, replace(settings, colours="gray"))))
    colours = Image.open(BytesIO(render_frame_png(stream, 1500, settings)))
    assert (gray.mode, colours.mode, gray.size) == ("L", "RGB", colours.size)
    for changes, match in (
        ('"colours": "hot"', "no colour map"),
        ('"fixed_range": [0, Infinity]', "black and white are numbers"),
    ):
        with pytest.raises(sc.OptionError, match=match):
            ViewSettings.from_json(f'{{"method": "tfp", "options": {{}}, {changes}}}')


@pytest.mark.parametrize(
    "options", ['{"weights": "/etc/passwd"}', '{"fpn": "a.npz"}', '{"window": "51"}', '{"a": 1}']
)
def test_settings_that_no_control_gives_are_refused(options):
    with pytest.raises(sc.OptionError, match="defocus is not offered here with"):
        ViewSettings.from_json(f'{{"method": "defocus", "options": {options}}}')


def test_frames_are_those_that_a_window_allows(stream):
    assert viewable_frames(stream, ViewSettings(options={"window": 21})) == range(10, 1990)
    assert viewable_frames(stream, ViewSettings("tfi")) == range(2000)


@pytest.mark.parametrize(
    ("method", "length", "options"),
    [
        ("tfp", 60, {}),
        ("tfp", 20, {"window": 19}),
        ("tfi", 20, {}),
        ("defocus", 60, {"window": 59}),
    ],
)
def test_a_window_fits_a_short_recording(stream, method, length, options):
    declared = find_method(method, Takes.SPIKES)
    assert window_options_that_fit(declared, stream[:length]) == options


@pytest.mark.parametrize(
    ("frame_index", "options"),
    [(0, {"window": 1}), (4, {"window": 9}), (1000, {}), (1999, {"window": 1})],
)
def test_near_the_ends_the_window_is_shorter(stream, frame_index, options):
    settings = default_view_settings(stream, frame_index)
    assert settings == ViewSettings(options=options)
    assert frame_index in viewable_frames(stream, settings)
