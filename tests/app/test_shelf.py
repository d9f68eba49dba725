import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.app.desk import Desk
from spikecam.app.shelf import Shelf


@pytest.fixture
def shelf(tmp_path, spikes):
    given = tmp_path / "given"
    for name in ("b10.dat", "b9.dat", "a.npz"):
        sc.save(given / name, sc.SpikeStream.from_array(spikes(60, 8, 16)))
    (given / "b9.dat.json").unlink()
    sc.save(given / "blur.png", np.full((32, 64, 3), 0.5))
    (given / "inside").mkdir()
    (given / ".hidden").mkdir()
    (given / "notes.txt").write_text("no recording")
    (tmp_path / "secret.dat").write_bytes(b"secret")
    (given / "way-out.dat").symlink_to(tmp_path / "secret.dat")
    (given / "dangling.dat").symlink_to(tmp_path / "nothing")
    (tmp_path / "uploads").mkdir()
    return Shelf([given / "a.npz"], tmp_path / "uploads")


def test_folders_recordings_and_pictures_are_on_offer(shelf, tmp_path):
    found = [(e.kind, e.path.name) for e in shelf.entries(tmp_path / "given")]
    assert found == [
        ("folder", "inside"),
        ("recording", "a.npz"),
        ("recording", "b9.dat"),
        ("recording", "b10.dat"),
        ("picture", "blur.png"),
    ]


@pytest.mark.parametrize(
    "path", ["secret.dat", "given/../secret.dat", "given/way-out.dat", "/etc/passwd", "."]
)
def test_nothing_else_can_be_opened(shelf, tmp_path, path):
    for ask in (shelf.find, shelf.entries, Desk(shelf, tmp_path).read):
        with pytest.raises(sc.FileError, match="not in a folder that spikecam app was given"):
            ask(tmp_path / path)


def test_what_was_given_has_to_exist(tmp_path):
    with pytest.raises(sc.FileError, match="does not exist"):
        Shelf([tmp_path / "nothing"], tmp_path)


@pytest.mark.parametrize(
    ("name", "placed"),
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
def test_uploads_stay_in_their_folder(shelf, name, placed):
    path = shelf.place(name)
    assert path.parent == shelf.uploads
    assert path.name == placed


def test_an_upload_replaces_nothing(shelf):
    shelf.place("car.dat").write_bytes(b"1")
    assert shelf.place("car.dat").name == "car-2.dat"


def test_a_recording_is_opened_or_asks_for_its_size(shelf, tmp_path):
    desk = Desk(shelf, tmp_path / "desks")
    given = tmp_path / "given"
    assert not desk.needs_size(given / "a.npz")
    assert not desk.needs_size(given / "b10.dat")
    assert desk.needs_size(given / "b9.dat")
    desk.take(given / "b9.dat", desk.read(given / "b9.dat", (8, 16)))
    assert desk.stream.shape == (60, 8, 16)
    # A wrong size leaves a frame cut off; that is for the eye to see.
    desk.take(given / "b9.dat", desk.read(given / "b9.dat", (7, 16)))
    assert desk.stream.shape == (68, 7, 16)
    with pytest.raises(sc.FileError, match="is no recording"):
        desk.needs_size(given / "notes.txt")
    with pytest.raises(sc.SpikecamError):
        desk.take(given / "b9.dat", desk.read(given / "b9.dat", (1000, 1000)))
    assert desk.stream.shape == (68, 7, 16)


def test_pictures_beside_a_recording_and_uploaded_ones_may_belong_to_it(shelf, tmp_path):
    desk = Desk(shelf, tmp_path / "desks")
    assert desk.pictures() == []
    sc.save(shelf.place("mine.png"), np.full((32, 64), 0.5))
    desk.take(tmp_path / "given" / "b10.dat", desk.read(tmp_path / "given" / "b10.dat"))
    assert [path.name for path in desk.pictures()] == ["blur.png", "mine.png"]
    desk.open_sample()
    assert [path.name for path in desk.pictures()] == ["blur.png", "mine.png"]
    assert desk.pictures()[0] == sample.BLUR


def test_a_film_is_made_scored_and_taken(shelf, tmp_path):
    desk = Desk(shelf, tmp_path / "desks")
    with pytest.raises(sc.OptionError, match="open a recording first"):
        desk.new_film(sample.BLUR, [30], (0, 60), {"method": "sdm"})
    desk.take(tmp_path / "given" / "b10.dat", desk.read(tmp_path / "given" / "b10.dat"))
    blur = tmp_path / "given" / "blur.png"
    film = desk.new_film(blur, [20, 30, 40], (0, 60), {"method": "sdm"})
    with pytest.raises(sc.OptionError, match="no pictures yet"):
        film.take("mp4", 12)
    film.make()
    assert film.made == [20, 30, 40]
    expected = sc.deblur(blur, desk.stream, exposure=(0, 60), frames=[30], method="sdm")[0]
    assert sc.read_picture(film.path(30)) == pytest.approx(expected, abs=1 / 500)
    sc.save(tmp_path / "truth.png", expected)
    scored = film.score(30, tmp_path / "truth.png")
    assert scored["psnr"] > 50
    assert scored["psnr of the blurry picture"] < 40
    assert sc.count_frames(film.take("mp4", 12)) == 3
    assert film.take("gif", 12).stat().st_size > 100
    assert film.take("png", 12).suffix == ".zip"
    again = desk.new_film(blur, [20, 30], (0, 60), {"method": "sdm"})
    desk.wait()
    assert not film.folder.exists()
    again.stop()
    again.make()
    assert (again.made, again.stopped) == ([], True)
    desk.close()
    desk.wait()
    assert not list((tmp_path / "desks").rglob("*.png"))


def test_a_film_that_cannot_be_made_leaves_the_one_before(shelf, tmp_path):
    desk = Desk(shelf, tmp_path / "desks")
    desk.take(tmp_path / "given" / "b10.dat", desk.read(tmp_path / "given" / "b10.dat"))
    blur = tmp_path / "given" / "blur.png"
    film = desk.new_film(blur, [20], (0, 60), {"method": "sdm"})
    film.make()
    with pytest.raises(sc.RangeError):
        desk.new_film(blur, [20], (0, 61), {"method": "sdm"})
    with pytest.raises(sc.FileError, match="not in a folder"):
        desk.new_film(tmp_path / "secret.png", [20], (0, 60), {"method": "sdm"})
    with pytest.raises(sc.OptionError, match="choose a blurry picture"):
        desk.new_film(None, [20], (0, 60), {"method": "sdm"})
    assert desk.film is film
    assert film.path(20).exists()


def test_a_recording_that_leads_to_another_file_is_not_opened(shelf, tmp_path, spikes):
    h5py = pytest.importorskip("h5py")
    sc.save(tmp_path / "secret.h5", sc.SpikeStream.from_array(spikes(60, 8, 16)))
    given = tmp_path / "given"
    with h5py.File(given / "linked.h5", "w") as file:
        file["spikes"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "spikes")
    with h5py.File(given / "external.h5", "w") as file:
        outside = [(str(tmp_path / "secret.dat"), 0, 960)]
        spikes = file.create_dataset("spikes", (60, 16), np.uint8, external=outside)
        spikes.attrs["height"], spikes.attrs["width"] = 8, 16
    desk = Desk(shelf, tmp_path / "desks")
    for name in ("linked.h5", "external.h5"):
        with pytest.raises(sc.FileError, match="its spikes lie in another file"):
            desk.read(given / name)
