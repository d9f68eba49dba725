import os
import time

import pytest

import spikecam as sc
from spikecam.app.file_browser import describe_others
from spikecam.app.file_list import AllowedFiles, describe_entry, filter_entries


def test_folders_recordings_and_pictures_are_listed(files, tmp_path):
    entries = [(e.kind, e.path.name) for e in files.list_folder(tmp_path / "folder")]
    assert entries == [
        ("folder", "inside"),
        ("recording", "a.npz"),
        ("recording", "b9.dat"),
        ("recording", "b10.dat"),
        ("picture", "blur.png"),
    ]


@pytest.mark.parametrize(
    "path", ["secret.dat", "folder/../secret.dat", "folder/way-out.dat", "/etc/passwd", "."]
)
def test_nothing_else_can_be_opened(files, tmp_path, path):
    for open_path in (files.resolve_path, files.list_folder):
        with pytest.raises(sc.FileError, match="not in a folder that spikecam app was given"):
            open_path(tmp_path / path)


def test_paths_have_to_exist(tmp_path):
    with pytest.raises(sc.FileError, match="does not exist"):
        AllowedFiles([tmp_path / "nothing"], tmp_path)


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("car.dat", "car.dat"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\car.dat", "car.dat"),
        ("", "upload"),
        ("..", "upload"),
        ("a\x00b\n.png", "a_b_.png"),
        ("日本.dat", "日本.dat"),
    ],
)
def test_uploads_stay_in_their_folder(files, name, file_name):
    path = files.create_upload(name)
    assert path.parent == files.uploads
    assert path.name == file_name


def test_an_upload_replaces_nothing(files):
    files.create_upload("car.dat").write_bytes(b"1")
    assert files.create_upload("car.dat").name == "car-2.dat"


def test_a_recording_that_is_a_folder_is_listed_as_a_recording(files, tmp_path, spikes):
    pytest.importorskip("zarr")
    path = tmp_path / "folder" / "car.zarr"
    sc.save(path, sc.SpikeStream.from_array(spikes(9, 6, 8)))
    (entry,) = [e for e in files.list_folder(path.parent) if e.path.name == "car.zarr"]
    assert entry.kind == "recording"
    assert entry.size == sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


@pytest.fixture
def odd_folder(tmp_path):
    """A folder with a name that is no UTF-8, and links that lead nowhere."""
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "loop.dat").symlink_to("loop.dat")
    with open(os.fsencode(folder) + b"/bad\xff.dat", "wb") as file:
        file.write(bytes(100))
    return folder


def test_a_link_to_itself_hides_nothing_else(odd_folder, tmp_path):
    odd = AllowedFiles([odd_folder], tmp_path)
    (entry,) = odd.list_folder(odd_folder)
    assert os.fsencode(entry.path.name) == b"bad\xff.dat"
    assert odd.resolve_path(entry.path).read_bytes() == bytes(100)
    for name in ("loop", "a\0b", "a" * 300):
        with pytest.raises(sc.FileError, match=r"leads to no file|does not exist"):
            odd.resolve_path(odd_folder / name)


def test_ten_thousand_recordings_are_listed_within_a_second(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(10_000):
        (folder / f"r{i}.dat").touch()
    many = AllowedFiles([folder], tmp_path)
    start = time.process_time()
    entries = many.list_folder(folder)
    shown = filter_entries(entries, " R12 ")
    assert time.process_time() - start < 1
    assert len(entries) == 10_000
    assert [e.path.name for e in shown[:2]] == ["r12.dat", "r120.dat"]
    assert len(shown) == 111


def test_an_entry_says_size_length_and_date(files, tmp_path):
    entries = {e.path.name: e for e in files.list_folder(tmp_path / "folder")}
    year = time.strftime("%Y")
    known = describe_entry(entries["b10.dat"])
    assert known.text.startswith(f"16 x 8, 60 frames, 960 bytes, {year}-")
    assert (known.size_is_known, known.is_whole) == (True, True)
    unknown = describe_entry(entries["b9.dat"])
    assert unknown.text.startswith("size not known, 960 bytes")
    assert (unknown.size_is_known, unknown.is_whole) == (False, True)
    assert describe_entry(entries["blur.png"]).text.count(",") == 1
    assert not describe_entry(entries["a.npz"]).is_whole
    read = describe_entry(entries["a.npz"], ["16 x 8", "60 frames"])
    assert read.text.startswith("16 x 8, 60 frames, ")
    assert (read.size_is_known, read.is_whole) == (True, True)
    sidecar = tmp_path / "folder" / "b10.dat.json"
    sidecar.write_text('{"width": 16, "height": 8, "rate": 20000}')
    assert describe_entry(entries["b10.dat"]).text.startswith("16 x 8, 60 frames, 3.00 ms, 960")
    sidecar.write_text("{")
    assert describe_entry(entries["b10.dat"]).text.startswith("its .json file is damaged")


def test_videos_are_listed_last_and_said_beside_pictures(files, tmp_path):
    folder = tmp_path / "folder"
    for name in ("sharp.mp4", "a.MOV"):
        (folder / name).touch()
    entries = files.list_folder(folder)
    assert [(e.kind, e.path.name) for e in entries[-2:]] == [
        ("video", "a.MOV"),
        ("video", "sharp.mp4"),
    ]
    assert describe_others(entries) == (
        "1 picture is here as well, for Deblur. 2 videos are here, which this page does not open."
    )
    assert describe_others([]).startswith("No recordings (")


def test_an_entry_of_a_single_path_may_be_opened_or_is_none(files, tmp_path):
    folder = tmp_path / "folder"
    listed = {e.path.name: e for e in files.list_folder(folder)}
    assert files.entry_of(folder / "a.npz") == listed["a.npz"]
    for path in ("secret.dat", "folder/way-out.dat", "folder/blur.png", "folder/no.dat", "folder"):
        assert files.entry_of(tmp_path / path) is None


def test_long_names_are_shortened(files):
    path = files.create_upload("日" * 300 + ".png")
    assert path.suffix == ".png"
    assert len(os.fsencode(path.name)) < 255
    assert files.create_upload("日" * 300 + ".png") != path
    assert files.create_upload("a." + "b" * 300).parent == files.uploads


def test_uploads_are_removed_and_nothing_else(files, tmp_path):
    path = files.create_upload("car.dat")
    (files.uploads / "car.dat.json").touch()
    files.remove_upload(path)
    assert list(files.uploads.iterdir()) == []
    with pytest.raises(sc.FileError, match="was not uploaded"):
        files.remove_upload(tmp_path / "folder" / "b9.dat")
    assert (tmp_path / "folder" / "b9.dat").exists()
