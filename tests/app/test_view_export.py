"""The command and the script of what is on the screen write the file that the page saves."""

import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest

import spikecam as sc
from spikecam.app import view_export
from spikecam.app.export_job import ExportJob
from spikecam.app.frame_size import read_recording
from spikecam.app.frame_view import ViewSettings, render_frame_png
from spikecam.app.session import Session
from spikecam.app.session_recording import recording_of_session
from spikecam.app.view_export import ViewExport
from spikecam.io.geometry import Geometry, write_sidecar
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


def test_an_uploaded_recording_whose_size_was_remembered_says_it_in_its_command(session):
    path = session.files.uploads / "mine.dat"
    sc.save(path, session.stream)
    session.set_recording(path, sc.open(path))
    assert recording_of_session(session) == sc.RecordingFile("mine.dat", (16, 8), None, 500.0)


def test_an_uploaded_recording_of_wide_rows_is_opened_by_its_camera(session):
    path = session.files.uploads / "wide.dat"
    path.write_bytes(bytes(2 * 250 * 416 // 8))
    write_sidecar(path, Geometry(250, 400, row_width=416, rate=20_000.0))
    session.set_recording(path, sc.open(path))
    expected = sc.RecordingFile("wide.dat", camera="gen2-raw", rate=20_000.0)
    assert recording_of_session(session) == expected


def test_a_name_is_the_last_part_of_a_path_of_this_system(session, monkeypatch):
    export = make_export(session, 7, ".png")
    for path, system in (
        (r"C:\data\mine.dat", PureWindowsPath),
        ("https://host/data/mine.dat", PureWindowsPath),
        ("https://host/data/mine.dat", PurePosixPath),
    ):
        monkeypatch.setattr(view_export, "PurePath", system)
        moved = replace(export, recording=sc.RecordingFile(path))
        assert moved.file_name == "mine-000007-tfp.png"


def test_a_file_outside_of_its_folder_is_refused_and_nothing_removed(session, tmp_path):
    folder = tmp_path / "exports" / "1"
    for name in ("../a.png", str(tmp_path / "a.png")):
        with pytest.raises(sc.OptionError, match="no plain file name"):
            ExportJob(SimpleNamespace(file_name=name), session.stream, folder)
    assert not folder.parent.exists()


def test_a_film_ends_with_its_page(session):
    job = session.exports.prepare(make_export(session, range(10, 50), ".gif", 9.0), session.stream)
    make_pictures, started, closed = job._prepared.make_results, Event(), Event()

    def slow_pictures():
        for picture in make_pictures():
            started.set()
            assert closed.wait(20)
            yield picture

    object.__setattr__(job._prepared, "make_results", slow_pictures)
    with ThreadPoolExecutor(1) as pool:
        film = pool.submit(job.run)
        assert started.wait(20)
        session.close()
        assert session.is_removing_files
        closed.set()
        session.wait_for_file_removal()
        assert not session.exports.folder.exists()
        assert not film.result()
    assert job.finished_count == 0


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
