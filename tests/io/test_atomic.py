import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from spikecam.errors import FileError, OutputError
from spikecam.io import atomic
from spikecam.io.atomic import atomic_folder, atomic_path, partial_folder
from spikecam.io.resumable_folder import resumable_folder


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.png"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]
    assert path.read_text() == "old"


def test_an_interruption_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "out") as folder:
        (folder / "000.png").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_folders_above_are_made(tmp_path):
    with atomic_path(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a" / "b.txt").read_text() == "new"


def test_an_empty_folder_is_filled_and_a_full_one_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "000.png").write_text("mine")
    with pytest.raises(OutputError, match="is in use"), atomic_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "000.png").read_text() == "mine"


def test_the_current_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="is in use"), atomic_folder(Path()):
        pass


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "out.png", tmp_path):
        with pytest.raises(OutputError, match=str(path)), atomic_path(path) as temporary:
            temporary.write_text("never")
    with pytest.raises(OutputError, match="is a file"), atomic_folder(tmp_path / "file"):
        pass


def test_a_link_stays_a_link_to_the_new_file(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with atomic_path(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_two_threads_write_one_path(tmp_path):
    path = tmp_path / "out.txt"
    both_inside = threading.Barrier(2, timeout=20)
    errors = []

    def write(text):
        try:
            with atomic_path(path) as temporary:
                temporary.write_text(text)
                both_inside.wait()
                assert temporary.read_text() == text
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(letter * 1000,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert path.read_text() in ("a" * 1000, "b" * 1000)
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_only_unfinished_files_of_processes_that_are_gone_are_removed(tmp_path):
    child = "import os, time; from spikecam.io.atomic import _temporary_name as name\n"
    child += "open(name('out') + '.png', 'w').close(); os.mkdir(name('out'))"
    subprocess.run([sys.executable, "-c", child], cwd=tmp_path, check=True)
    if atomic._process_id_namespace() == "0" * 12:
        pytest.skip("this system does not say which processes are gone")
    (running := tmp_path / (atomic._temporary_name("b") + ".png")).touch()
    (foreign := tmp_path / f".c.{os.getpid()}.part.png").touch()
    assert len(list(tmp_path.iterdir())) == 4
    atomic._remove_leftovers_once.cache_clear()
    with atomic_path(tmp_path / "d.png") as temporary:
        temporary.touch()
    assert set(tmp_path.iterdir()) == {running, foreign, tmp_path / "d.png"}


def test_an_error_of_another_file_is_not_that_of_the_output(tmp_path):
    with (
        pytest.raises(FileError, match=r"input\.png cannot be used: No such file"),
        atomic_path(tmp_path / "out.png"),
    ):
        (tmp_path / "input.png").read_bytes()
    with (
        pytest.raises(OutputError, match=r"cannot write .*out\.png: No such file"),
        atomic_path(tmp_path / "out.png") as temporary,
    ):
        temporary.read_bytes()


def test_a_folder_that_is_filled_meanwhile_is_not_replaced(tmp_path):
    with (
        pytest.raises(OutputError, match="is in use; name a new one"),
        atomic_folder(tmp_path / "out") as folder,
    ):
        (folder / "000.png").touch()
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").touch()
    assert os.listdir(tmp_path) == ["out"]
    assert os.listdir(tmp_path / "out") == ["mine.txt"]


def test_a_long_name_and_its_temporary_file_fit(tmp_path):
    path = tmp_path / ("n" * 250 + ".png")
    with atomic_path(path) as temporary:
        temporary.touch()
    assert path.exists()
    with (
        pytest.raises(OutputError, match=r"cannot write .*nnn"),
        atomic_path(tmp_path / ("n" * 300)) as temporary,
    ):
        temporary.touch()


def test_a_special_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OutputError, match="no ordinary file"), atomic_path(tmp_path / "pipe.png"):
        pass


def is_png(path):
    return path.suffix == ".png"


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "007.png").write_text("old")
    with (
        pytest.raises(RuntimeError),
        atomic_folder(out, is_replaceable=is_png) as folder,
    ):
        (folder / "001.png").write_text("half")
        raise RuntimeError
    assert [p.name for p in out.iterdir()] == ["007.png"]
    with atomic_folder(out, is_replaceable=is_png) as folder:
        (folder / "001.png").write_text("new")
    assert [p.name for p in out.iterdir()] == ["001.png"]
    (out / "notes.txt").write_text("mine")
    with (
        pytest.raises(OutputError, match=r"because it holds notes\.txt"),
        atomic_folder(out, is_replaceable=is_png),
    ):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_a_replaced_folder_outlives_renames_that_fail(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "mine.png").write_bytes(b"mine")
    real, calls = os.replace, []

    def fail_after_the_first(source, target):
        calls.append(source)
        if len(calls) > 1:
            raise OSError("no more renames")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_after_the_first)
    with (
        pytest.raises(OutputError),
        atomic_folder(folder, is_replaceable=lambda path: True) as temporary,
    ):
        (temporary / "new.png").write_bytes(b"new")
    monkeypatch.setattr(os, "replace", real)
    with atomic_path(tmp_path / "other.png") as temporary:
        temporary.write_bytes(b"other")
    assert [path.read_bytes() for path in tmp_path.glob("pictures*/mine.png")] == [b"mine"]


def test_a_folder_that_is_not_finished_is_continued(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    (path / "a").write_text("old")

    def write(*names):
        with resumable_folder(path, is_replaceable=lambda entry: entry.name in "ab") as folder:
            assert folder == partial_folder(path)
            for name in names:
                if name == "stop":
                    raise KeyboardInterrupt
                (folder / name).write_text("new")

    with pytest.raises(KeyboardInterrupt):
        write("a", "stop")
    assert (path / "a").read_text() == "old"
    (path / "mine").write_text("of the user")
    with pytest.raises(OutputError, match="because it holds mine"):
        write("b")
    (path / "mine").unlink()
    write("b")
    assert {entry.name: entry.read_text() for entry in path.iterdir()} == {"a": "new", "b": "new"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
