"""What one page shows of a camera: its own method, window, display and still."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.live_view import LiveView, SmoothedDisplayMapping
from spikecam.io.geometry import Geometry
from spikecam.online.live_reconstruction import LiveReconstruction


class Feed:
    name, geometry = "standard input", Geometry(8, 16)
    frames_behind = leftover_bytes = lost_frames = 0

    def __init__(self, *blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)


@pytest.fixture
def block(spikes):
    return sc.SpikeStream.from_array(spikes(30, 8, 16))


@pytest.fixture(autouse=True)
def short_timeout(monkeypatch):
    monkeypatch.setattr("spikecam.app.live_view._PICTURE_TIMEOUT_SECONDS", 0.01)


def test_the_last_picture_is_sent_again_while_no_other_comes(block):
    live = LiveReconstruction(Feed(block), "tfp")
    view = LiveView(live)
    jpegs = view.iter_jpegs()
    assert next(jpegs) == b""
    with pytest.raises(sc.OptionError, match="no picture has come yet"):
        view.render_png()
    live.run()
    live.ended = False
    first = next(jpegs)
    assert first[:2] == b"\xff\xd8"
    assert [next(jpegs), next(jpegs)] == [first, first]
    assert (view.sent_count, live.sent_count) == (1, 1)
    live.ended = True
    assert list(jpegs) == []


def test_each_view_has_its_own_method_window_and_counts(block):
    live = LiveReconstruction(Feed(block), "tfp", {"window": 3})
    one, other = LiveView(live), LiveView(live)
    other.choose("tfstp")
    one.choose("tfp", 9)
    assert (one.method, one.window, other.method) == ("tfp", 9, "tfstp")
    with pytest.raises(sc.OptionError, match="window"):
        one.choose("tfp", 0)
    assert (one.method, one.window) == ("tfp", 9)
    live.run()
    list(one.iter_jpegs())
    assert (one.sent_count, other.sent_count, live.sent_count) == (1, 0, 1)
    name, png = one.render_png()
    assert name == "standard-input-000029-tfp.png"
    levels = np.asarray(Image.open(io.BytesIO(png)))
    rates = np.asarray(block)[-9:].mean(axis=0)
    assert levels == pytest.approx(255 * sc.stretch_for_display(rates), abs=1)
    other.close()
    other.close()
    assert list(other.iter_jpegs()) == []
    assert len(live._page_sources) == 1


def test_a_frozen_picture_stays_and_goes_on(block):
    live = LiveReconstruction(Feed(block, block[:3]), "tfp", {"window": 3}, fps=1e6)
    view = LiveView(live)
    jpegs = view.iter_jpegs()
    source = view._source
    source.update(block)
    source.make_picture_if_due(30)
    first = next(jpegs)
    view.is_frozen = True
    source.update(block[:3])
    source._publish(33)
    assert [next(jpegs), next(jpegs)] == [first, first]
    assert view.render_png()[0] == "standard-input-000029-tfp.png"
    # It is of the method that made it.
    view.choose("tfstp")
    assert view.render_png()[0] == "standard-input-000029-tfp.png"
    view.choose("tfp")
    view.is_frozen = False
    # What came meanwhile, also where nothing comes any more.
    assert next(jpegs) != first
    assert view.render_png()[0] == "standard-input-000032-tfp.png"


def test_a_view_that_is_closed_while_it_chooses_watches_nothing(block, monkeypatch):
    live = LiveReconstruction(Feed(block), "tfp")
    view, make_source = LiveView(live), live._make_source
    closing = threading.Thread(target=view.close)

    def make_slowly(method, options):
        closing.start()
        return make_source(method, options)

    monkeypatch.setattr(live, "_make_source", make_slowly)
    view.choose("tfstp")
    closing.join(timeout=5)
    view.choose("tfp", 9)
    assert live._page_sources == ()
    assert list(view.iter_jpegs()) == []


def test_black_and_white_follow_the_light_or_are_held():
    display = SmoothedDisplayMapping()
    dim, bright = np.linspace(0, 0.1, 64).reshape(8, 8), np.linspace(0, 1, 64).reshape(8, 8)
    first = display(dim)
    display.is_held = True
    for _ in range(70):
        held = display(bright)
    assert np.array_equal(display(dim), first)
    assert held.mean() > 0.9
    display.is_held = False
    for _ in range(300):
        followed = display(bright)
    assert 0.4 < followed.mean() < 0.6
    display.gamma = 2.0
    assert display(bright).mean() > followed.mean()
