import pytest

from spikecam.errors import OutputError
from spikecam.io.aside import aside, aside_folder


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


def test_a_folder_of_frames_is_replaced_whole(tmp_path):
    for names in (["000.png", "001.png"], ["005.png"]):
        with aside_folder(tmp_path / "out") as folder:
            for name in names:
                (folder / name).write_text(name)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["005.png"]


def test_a_folder_of_somebodys_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(OutputError, match=r"thesis\.tex"), aside_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.tex").read_text() == "years"


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "out.png", tmp_path):
        with pytest.raises(OutputError, match=str(path)), aside(path) as temporary:
            temporary.write_text("never")
    with pytest.raises(OutputError, match="is a file"), aside_folder(tmp_path / "file"):
        pass
