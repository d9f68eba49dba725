from pathlib import Path

import pytest

from spikecam.errors import OutputError
from spikecam.io.atomic import aside, aside_folder


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.png"
    path.write_text("old")
    with pytest.raises(RuntimeError), aside(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]
    assert path.read_text() == "old"


def test_an_interruption_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), aside_folder(tmp_path / "out") as folder:
        (folder / "000.png").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_folders_above_are_made(tmp_path):
    with aside(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a" / "b.txt").read_text() == "new"


def test_an_empty_folder_is_filled_and_a_full_one_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with aside_folder(tmp_path / "out") as folder:
        (folder / "000.png").write_text("mine")
    with pytest.raises(OutputError, match="is in use"), aside_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "000.png").read_text() == "mine"


def test_the_current_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="is in use"), aside_folder(Path()):
        pass


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "out.png", tmp_path):
        with pytest.raises(OutputError, match=str(path)), aside(path) as temporary:
            temporary.write_text("never")
    with pytest.raises(OutputError, match="is a file"), aside_folder(tmp_path / "file"):
        pass


def test_a_link_stays_a_link_to_the_new_file(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with aside(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
