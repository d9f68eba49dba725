"""Pictures of the View tab that come late, or not at all."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

import spikecam as sc
from spikecam import sample
from spikecam.app import pane as pane_module
from spikecam.app import second_picture as second_module
from spikecam.app.display_controls import DisplayControls
from spikecam.app.frame_view import ViewSettings
from spikecam.app.pane import Pane
from spikecam.app.second_picture import SecondPicture
from spikecam.app.session import Session
from spikecam.app.view_tab import ViewTab


@pytest.fixture
def session(files, tmp_path):
    session = Session(files, tmp_path / "work")
    path = files.folders[0] / "a.npz"
    session.set_recording(path, sc.open(path))
    return session


@pytest.fixture
def pane(session, monkeypatch):
    """A pane, without the elements of a page."""
    monkeypatch.setattr(pane_module, "ui", MagicMock())
    pane = Pane(session, ViewSettings(options={"window": 5}), MagicMock())
    pane._element.is_deleted = False
    return pane


@pytest.fixture
def second(session, monkeypatch):
    """A second picture, without the elements of a page."""
    for name in ("ui", "Pane", "MethodControls"):
        monkeypatch.setattr(second_module, name, MagicMock())
    monkeypatch.setattr(second_module, "errors_shown_as_notices", nullcontext)
    # The column of its controls leaves exceptions alone, as that of a page does.
    column = MagicMock()
    column.__exit__.return_value = False
    second = SecondPicture(session, ViewSettings(), (MagicMock(), column), MagicMock(), MagicMock())
    second._recording.options = second._recordings()
    return second


def complete(coroutine):
    """Run a coroutine in a thread: in this one the browser of other tests may have a loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


def let_happen_while_reading(module, action, monkeypatch):
    async def read(function, *arguments):
        result = function(*arguments)
        action()
        return result

    monkeypatch.setattr(module.run, "io_bound", read)


def test_a_picture_of_the_recording_before_is_not_taken(pane, session, monkeypatch):
    let_happen_while_reading(pane_module, lambda: None, monkeypatch)
    pane.show(30)
    complete(pane._read_values())
    assert pane.displayed.picture.shape == (8, 16)
    pane.forget_picture()
    assert pane.displayed is None
    path, stream = session.path, sc.open(session.path)
    let_happen_while_reading(pane_module, lambda: session.set_recording(path, stream), monkeypatch)
    complete(pane._read_values())
    assert pane.displayed is None
    assert pane._on_display.call_count == 1


def test_another_recording_makes_all_forget_their_pictures():
    display = DisplayControls.__new__(DisplayControls)
    display._displayed, display.set_fixed_range = object(), MagicMock()
    tab, panes = MagicMock(), [MagicMock(), MagicMock()]
    tab._panes, tab._display = panes, display
    stream = sc.open(sample.SPIKES)
    tab.session = SimpleNamespace(path=sample.SPIKES, stream=stream, can_change_size=False)
    ViewTab.show_recording(tab)
    assert display._displayed is None
    for pane in panes:
        pane.forget_picture.assert_called_once_with()


def test_a_picture_that_fails_to_load_is_not_waited_for(pane):
    pane.show(30)
    assert pane.is_busy
    pane._picture_failed(SimpleNamespace(args="http://127.0.0.1/an-earlier-one"))
    assert pane.is_busy
    pane._picture_failed(SimpleNamespace(args=f"http://127.0.0.1{pane._url}"))
    assert not pane.is_busy
    pane._on_display.assert_called_once_with(pane)


def test_a_recording_is_compared(second, session, monkeypatch):
    let_happen_while_reading(second_module, lambda: None, monkeypatch)
    complete(second.choose_recording("b10.dat"))
    assert (second.recording, len(session.second)) == ("b10.dat", 60)
    second._recording.set_value.assert_called_with("b10.dat")


@pytest.mark.parametrize("action", ["show_recording", "delete", "choose"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_recording_that_comes_too_late_is_dropped(second, session, monkeypatch, action, fails):
    def choose_same():
        # It is the present one, and returns at once.
        with pytest.raises(StopIteration):
            second.choose_recording(None).send(None)

    def act():
        {"show_recording": second.show_recording, "delete": second.delete}.get(
            action, choose_same
        )()
        if fails:
            raise sc.FileError("it is gone")

    let_happen_while_reading(second_module, act, monkeypatch)
    complete(second.choose_recording("b10.dat"))
    assert session.second is None
    assert second.recording is None
    second._on_change.assert_not_called()
