"""Recordings that were opened of late, also in earlier runs."""

import os
from pathlib import Path

import pytest

from spikecam.app import recent_recordings
from spikecam.app.recent_recordings import RecentRecording, list_recent, remember_recent


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The file in which they are stored."""
    path = tmp_path / "state" / "recent.json"
    monkeypatch.setattr(recent_recordings, "_recent_path", lambda: path)
    return path


def test_the_last_ones_are_remembered_with_how_they_were_opened(state):
    assert list_recent() == []
    odd = Path(os.fsdecode(b"/a/bad\xff.dat"))
    first, second = RecentRecording(odd, (8, 16), 500.0), RecentRecording(Path("/b.dat"), "gen2")
    for one in (first, second, first):
        remember_recent(one)
    assert list_recent() == [first, second]
    for number in range(60):
        remember_recent(RecentRecording(Path(f"/{number}.dat")))
    recent = list_recent()
    assert len(recent) == 50
    assert recent[0] == RecentRecording(Path("/59.dat"))


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "{}", "[" * 5000, '[{"path": 1}]', "9" * 10**6]
)
def test_a_damaged_file_is_as_good_as_none(state, content):
    state.parent.mkdir()
    state.write_text(content)
    assert list_recent() == []
    remember_recent(RecentRecording(Path("/a.dat")))
    assert list_recent() == [RecentRecording(Path("/a.dat"))]


def test_what_cannot_be_written_is_not_remembered(state):
    state.parent.write_text("no folder")
    remember_recent(RecentRecording(Path("/a.dat")))
    assert list_recent() == []
