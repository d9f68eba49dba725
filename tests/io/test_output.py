import os
from zipfile import ZipFile

import numpy as np
import pytest

from spikecam.errors import OptionError, OutputError
from spikecam.io.output import open_output
from spikecam.io.paths import check_output_file
from spikecam.io.pictures import read_picture, write_picture
from spikecam.io.video import count_frames

PICTURE = np.full((4, 6), 0.5, np.float32)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.PNG", "picture"), ("a.gif", "video"), ("a.zip", "archive"), ("a", "folder")],
)
def test_an_output_knows_what_it_is_and_writes_it(tmp_path, name, kind):
    output = open_output(tmp_path / name)
    assert output.kind == kind
    assert not output.path.exists()
    count = 1 if kind == "picture" else 3
    output.write([PICTURE] * count, range(18, 18 + count))
    if kind == "picture":
        assert read_picture(output.path).shape == (4, 6)
    elif kind == "video":
        assert count_frames(output.path) == 3
    elif kind == "archive":
        assert ZipFile(output.path).namelist() == ["018.png", "019.png", "020.png"]
    else:
        assert sorted(os.listdir(output.path)) == ["018.png", "019.png", "020.png"]


@pytest.mark.parametrize("name", ["frame.pgn", "frame.pn", "a.xyz", "a.webp", "a.dat", "out.v2"])
def test_an_unknown_ending_is_no_folder(tmp_path, name):
    with pytest.raises(OutputError, match=r"known endings: \.png.*a folder has no ending"):
        open_output(tmp_path / name)


@pytest.mark.parametrize("name", ["out.v2/", "run.1", "2024.05.01", ".hidden"])
def test_names_of_folders(tmp_path, name):
    assert open_output(f"{tmp_path}/{name}").kind == "folder"


def test_a_folder_that_is_there_is_a_folder_whatever_its_ending(tmp_path):
    (tmp_path / "a.png").mkdir()
    assert open_output(tmp_path / "a.png").kind == "folder"


def test_names_that_are_none():
    with pytest.raises(OutputError, match="standard output"):
        open_output("-")
    with pytest.raises(OutputError, match="is empty"):
        open_output("")


def test_inputs_are_not_replaced_through_links_either(tmp_path):
    source = tmp_path / "a.png"
    write_picture(source, PICTURE)
    (tmp_path / "soft.png").symlink_to(source)
    os.link(source, tmp_path / "hard.png")
    for name in ("a.png", "soft.png", "hard.png"):
        with pytest.raises(OutputError, match="is an input"):
            open_output(tmp_path / name, inputs=[source])
    with pytest.raises(OutputError, match="holds the input"):
        open_output(tmp_path, inputs=[source], overwrite=True)


def test_files_are_replaced_and_folders_refused_unless_it_is_said_otherwise(tmp_path):
    write_picture(tmp_path / "a.png", PICTURE)
    open_output(tmp_path / "folder").write([PICTURE] * 2)
    open_output(tmp_path / "a.png")
    with pytest.raises(OutputError, match=r"a\.png exists"):
        open_output(tmp_path / "a.png", overwrite=False)
    for overwrite in (None, False):
        with pytest.raises(OutputError, match=r"in use.*--overwrite"):
            open_output(tmp_path / "folder", overwrite=overwrite)
    open_output(tmp_path / "folder", overwrite=True).write([PICTURE], [7])
    assert os.listdir(tmp_path / "folder") == ["007.png"]


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.zip"])
def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, name):
    output = open_output(tmp_path / name, overwrite=False)

    def pictures():
        (tmp_path / name).write_text("of another program")
        yield PICTURE

    with pytest.raises(OutputError, match=f"{name} exists and is not replaced"):
        output.write(pictures())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of another program"]


def test_one_file_takes_one_picture(tmp_path):
    with pytest.raises(OutputError, match="3 frames were asked for"):
        open_output(tmp_path / "a.png", count=3)
    for pictures in ([], [PICTURE] * 2):
        with pytest.raises(OptionError, match="takes one picture"):
            open_output(tmp_path / "a.png").write(pictures)
    assert os.listdir(tmp_path) == []


def test_a_speed_goes_with_a_video_and_16_bits_do_not(tmp_path):
    with pytest.raises(OptionError, match="go with a video"):
        open_output(tmp_path / "a.png", fps=25)
    with pytest.raises(OptionError, match="8 bits a channel"):
        open_output(tmp_path / "a.mp4", bits=16)
    with pytest.raises(OptionError, match=r"0.01 to 50"):
        open_output(tmp_path / "a.gif", fps=60)


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is no folder"):
        open_output(tmp_path / "file" / "a.png")
    with pytest.raises(OutputError, match=r"cannot write .*nnn.*too long"):
        open_output(tmp_path / ("n" * 300 + ".png"))


def test_other_files_follow_the_same_rules(tmp_path):
    (tmp_path / "a.csv").touch()
    assert check_output_file(tmp_path / "a.CSV", (".csv", ".md"), "tables").name == "a.CSV"
    with pytest.raises(OutputError, match=r"tables are written as \.csv, \.md"):
        check_output_file(tmp_path / "a.txt", (".csv", ".md"), "tables")
    with pytest.raises(OutputError, match="is an input"):
        check_output_file(tmp_path / "a.csv", (".csv",), "tables", inputs=[tmp_path / "a.csv"])
    with pytest.raises(OutputError, match="exists"):
        check_output_file(tmp_path / "a.csv", (".csv",), "tables", overwrite=False)
