"""A scene as a visitor turns it, without a page."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from spikecam.app import scene_viewer
from spikecam.app.scene_page import format_scene_facts
from spikecam.app.scene_viewer import MOVING_SIDES, STILL_SIDE, SceneViewer
from spikecam.views.scene_summary import summarize_scene


@pytest.fixture
def viewer(ball, monkeypatch):
    monkeypatch.setattr(scene_viewer, "_STILL_SECONDS", 0.05)
    monkeypatch.setattr(scene_viewer, "_WAIT_SECONDS", 0.05)
    return SceneViewer(ball)


def decode(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16)


def test_a_change_gives_a_small_picture_then_a_large_one_then_none(viewer):
    jpegs = viewer.iter_jpegs()
    for change in (lambda: None, lambda: viewer.turn(10, 5)):
        change()
        assert decode(next(jpegs)).shape[0] in MOVING_SIDES
        assert decode(next(jpegs)).shape == (STILL_SIDE, STILL_SIDE, 3)
        assert next(jpegs) == b""
    viewer.close()
    assert list(jpegs) == []


def test_settings_that_change_meanwhile_are_skipped(viewer):
    jpegs = viewer.iter_jpegs()
    next(jpegs)
    for _ in range(20):
        viewer.turn(3, 0)
    viewer.turn(-60, 0)
    viewer.set_background(1.0)
    small, large = decode(next(jpegs)), decode(next(jpegs))
    assert len(small) < len(large)
    assert next(jpegs) == b""
    assert (large[0, 0] > 250).all()
    assert np.abs(decode(viewer.render_png()) - large).mean() < 2


def test_a_stream_that_waits_ends_when_the_page_is_closed(viewer):
    thread = threading.Thread(target=lambda: list(viewer.iter_jpegs()))
    thread.start()
    viewer.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize(("seconds", "step"), [(1.0, -1), (0.03, 0), (0.001, 1)])
def test_pictures_of_a_moving_scene_are_as_large_as_time_allows(viewer, seconds, step, monkeypatch):
    times = iter([0.0, seconds])
    jpegs = viewer.iter_jpegs()
    before = len(decode(next(jpegs)))
    monkeypatch.setattr(scene_viewer.time, "perf_counter", lambda: next(times))
    viewer.turn(1, 0)
    assert len(decode(next(jpegs))) == before
    times = iter([0.0, 0.03])
    viewer.turn(1, 0)
    place = MOVING_SIDES.index(before) + step
    assert len(decode(next(jpegs))) == MOVING_SIDES[place]


def test_what_the_mouse_does_to_the_view(viewer):
    first = viewer.settings.view
    viewer.turn(10, 5)
    viewer.zoom(0.5)
    assert viewer.settings.view.distance == first.distance / 2
    viewer.zoom(0)
    assert 0 < viewer.settings.view.distance < first.distance / 50
    viewer.set_up("-y")
    assert viewer.settings.view.distance == first.distance
    np.testing.assert_array_equal(viewer.settings.view.up, (0, -1, 0))


def test_a_pan_of_half_the_side_moves_the_scene_to_the_border(viewer):
    def middle_column():
        shown = decode(viewer.render_png()).max(axis=(0, 2)) > 40
        return np.flatnonzero(shown).mean() / STILL_SIDE

    assert middle_column() == pytest.approx(0.5, abs=0.02)
    viewer.zoom(4)
    viewer.pan(0.25, 0)
    assert middle_column() == pytest.approx(0.75, abs=0.02)


def test_depth_is_gray_and_has_nothing_behind(viewer):
    viewer.set_background(1.0)
    viewer.set_depth(True)
    picture = decode(viewer.render_png())
    assert (picture[..., 0] == picture[..., 2]).all()
    assert not picture[0, 0].any()
    assert 120 < picture[STILL_SIDE // 2, STILL_SIDE // 2, 0] < 255


def test_facts_are_one_text(ball):
    text = format_scene_facts("ball.ply", summarize_scene(ball))
    assert text.startswith("ball.ply\n400 Gaussians in colour, harmonics up to degree 1\nradius 1.")
