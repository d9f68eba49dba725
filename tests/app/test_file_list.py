import pytest

import spikecam as sc
from spikecam.app.file_list import AllowedFiles


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
