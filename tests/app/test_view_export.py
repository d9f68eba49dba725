"""The command and the script of what is on the screen write the file that the page saves."""

import shlex
from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.app.export_job import ExportJob
from spikecam.app.frame_size import read_recording
from spikecam.app.frame_view import ViewSettings, render_frame_png
from spikecam.app.session import Session
from spikecam.app.session_recording import recording_of_session
from spikecam.app.view_export import ViewExport
from spikecam.io.pictures import read_picture


@pytest.fixture
def session(files, tmp_path):
    """A session with a recording of unknown size open, which ends within a frame."""
    session = Session(files, tmp_path / "work")
    path = files.folders[0] / "b9.dat"
    with path.open("ab") as file:
        file.write(b"end")
    session.set_recording(path, read_recording(path, (8, 16)).with_rate(500.0), (8, 16), 500.0)
    return session


def make_export(session, frames, ending, fps=None, **changes):
    settings = replace(ViewSettings(options={"window": 5}, gamma=1.5, low=2.0), **changes)
    return ViewExport(recording_of_session(session), settings, frames, ending, fps)


def saved(export, session):
    job = ExportJob(export, session.stream, session.exports.folder / "1")
    assert job.run()
    content = job.path.read_bytes()
    job.remove()
    assert not job.path.parent.exists()
    return content


@pytest.mark.parametrize(
    ("frames", "ending", "fps", "changes"),
    [
        (30, ".png", None, {}),
        (30, ".tiff", None, {"fixed_range": (0.1, 0.7)}),
        (40, ".png", None, {"method": "tfstp", "options": {}, "gamma": 1.0}),
        (range(10, 31, 4), ".gif", 8.0, {"fixed_range": (0.1, 0.7)}),
        (range(10, 20), ".mp4", 12.5, {"method": "tfi", "options": {}}),
    ],
)
def test_command_and_script_write_the_same_file(
    session, frames, ending, fps, changes, spikecam, tmp_path, monkeypatch
):
    export = make_export(session, frames, ending, fps, **changes)
    expected = saved(export, session)
    for folder in ("by-command", "by-script"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "by-command")
    words = shlex.split(export.command())
    assert words[0] == "spikecam"
    ended = spikecam(*words[1:])
    assert ended.code == 0, ended.err
    monkeypatch.chdir(tmp_path / "by-script")
    exec(export.script(), {})
    for folder in ("by-command", "by-script"):
        assert (tmp_path / folder / export.file_name).read_bytes() == expected


def test_the_picture_is_the_one_on_the_screen(session, tmp_path):
    for method, options in (("tfp", {"window": 5}), ("tfstp", {})):
        export = make_export(session, 30, ".png", method=method, options=options)
        (tmp_path / "shown.png").write_bytes(render_frame_png(session.stream, 30, export.settings))
        (tmp_path / "saved.png").write_bytes(saved(export, session))
        shown, exported = (read_picture(tmp_path / f"{n}.png") for n in ("shown", "saved"))
        assert np.array_equal(shown, exported)


def test_names_say_recording_frames_and_method(session):
    names = [
        make_export(session, *values).file_name
        for values in ((7, ".tiff"), (range(5, 16, 5), ".gif", 9.0), (range(5, 8), ".mp4", 9.0))
    ]
    assert names == [
        "b9-000007-tfp.tiff",
        "b9-000005-000015-step-5-tfp.gif",
        "b9-000005-000007-tfp.mp4",
    ]
    with pytest.raises(sc.OptionError, match="mp4"):
        make_export(session, range(3), ".png")


def test_an_uploaded_recording_is_called_by_its_name(session):
    path = session.files.uploads / "mine.npz"
    sc.save(path, session.stream)
    session.set_recording(path, sc.open(path))
    assert recording_of_session(session) == sc.RecordingFile("mine.npz")


def test_a_film_is_cancelled_and_leaves_nothing(session):
    export = make_export(session, range(10, 50), ".gif", 9.0)
    job = ExportJob(export, session.stream, session.exports.folder / "1")
    make_pictures = job._prepared.make_results

    def cancelled_after_two():
        for number, picture in enumerate(make_pictures()):
            if number == 2:
                job.cancel()
            yield picture

    object.__setattr__(job._prepared, "make_results", cancelled_after_two)
    assert not job.run()
    assert (job.finished_count, job.count) == (2, 40)
    assert not list(job.path.parent.iterdir())
    job.remove()
    assert not job.run()
