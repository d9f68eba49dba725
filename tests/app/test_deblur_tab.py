"""What the page says while a sequence is made."""

from types import SimpleNamespace

import pytest

from spikecam.app import progress_text
from spikecam.app.deblur_tab import describe_run, name_pictures
from spikecam.app.progress_text import TimeLeft
from spikecam.app.session import Session


@pytest.mark.parametrize(
    ("finished", "steps", "share", "text"),
    [
        (0, (0, 0), 0, "the first of 2 frames, since 10 s"),
        (0, (20, 80), 1 / 8, "the first of 2 frames, step 20 of 80, about 70 s left"),
        (1, (20, 80), 5 / 8, "1 of 2 frames, step 20 of 80, about 6 s left"),
        (1, (0, 0), 1 / 2, "1 of 2 frames, about 10 s left"),
    ],
)
def test_a_run_says_frames_steps_and_the_time_left(monkeypatch, finished, steps, share, text):
    now = [0.0]
    monkeypatch.setattr(progress_text.time, "monotonic", lambda: now[0])
    time_left, now[0] = TimeLeft(), 10.0
    sequence = SimpleNamespace(
        finished_count=finished, frames=[1, 2], steps=steps, finished_share=share
    )
    assert describe_run(sequence, time_left) == text


def test_pictures_of_one_name_are_told_apart(files, tmp_path):
    session = Session(files, tmp_path / "work")
    beside = files.folders[0] / "blur.png"
    session.path = files.folders[0] / "a.npz"
    uploads = [files.uploads / name for name in ("blur.png", "other.png")]
    for path in uploads:
        path.write_bytes(beside.read_bytes())
    assert name_pictures(session) == {
        str(beside): "blur.png",
        str(uploads[0]): "blur.png (uploaded)",
        str(uploads[1]): "other.png",
    }
