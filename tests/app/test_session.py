import weakref

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.app.frame_view import ViewSettings
from spikecam.app.session import Session
from spikecam.app.text import word_for_page
from spikecam.deblurring.pair import PairSettings
from spikecam.io.geometry import Geometry, write_sidecar
from spikecam.method import Takes, find_method

SDM = find_method("sdm", Takes.SPIKES_AND_PICTURE)


def test_files_outside_of_the_folders_are_not_read(files, tmp_path):
    with pytest.raises(sc.FileError, match="not in a folder that spikecam app was given"):
        Session(files, tmp_path).read_stream(tmp_path / "secret.dat")


def test_a_recording_is_opened_or_asks_for_its_size(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    folder = tmp_path / "folder"
    assert not session.needs_frame_size(folder / "a.npz")
    assert not session.needs_frame_size(folder / "b10.dat")
    assert session.needs_frame_size(folder / "b9.dat")
    session.set_recording(folder / "b9.dat", session.read_stream(folder / "b9.dat", (8, 16)))
    assert session.stream.shape == (60, 8, 16)
    # A wrong size leaves a frame cut off; that is for the eye to see.
    session.set_recording(folder / "b9.dat", session.read_stream(folder / "b9.dat", (7, 16)))
    assert session.stream.shape == (68, 7, 16)
    with pytest.raises(sc.FileError, match="is no recording"):
        session.needs_frame_size(folder / "notes.txt")
    with pytest.raises(sc.SpikecamError):
        session.set_recording(
            folder / "b9.dat", session.read_stream(folder / "b9.dat", (1000, 1000))
        )
    assert session.stream.shape == (68, 7, 16)


def test_a_recording_of_the_same_size_is_compared(files, tmp_path, spikes):
    session, folder = Session(files, tmp_path / "sessions"), tmp_path / "folder"
    with pytest.raises(sc.OptionError, match="open a recording first"):
        session.read_second_stream(folder / "b9.dat")
    assert session.list_recordings_beside() == []
    session.set_recording(folder / "a.npz", session.read_stream(folder / "a.npz"))
    assert [path.name for path in session.list_recordings_beside()] == ["b9.dat", "b10.dat"]
    # It does not say its size.
    second = session.read_second_stream(folder / "b9.dat")
    assert second.shape == (60, 8, 16)
    before = session.second_version
    session.set_second(second)
    assert session.second_version > before
    sc.save(folder / "c.npz", sc.SpikeStream.from_array(spikes(5, 4, 16)))
    with pytest.raises(sc.GeometryError, match=r"c\.npz has frames of 16x4 pixels, and the open"):
        session.read_second_stream(folder / "c.npz")
    session.set_recording(folder / "a.npz", session.stream)
    assert session.second is None


def test_pictures_beside_a_recording_and_uploaded_ones_may_belong_to_it(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    assert session.list_pictures_for_recording() == []
    sc.save(files.create_upload("mine.png"), np.full((32, 64), 0.5))
    session.set_recording(
        tmp_path / "folder" / "b10.dat", session.read_stream(tmp_path / "folder" / "b10.dat")
    )
    assert [path.name for path in session.list_pictures_for_recording()] == ["blur.png", "mine.png"]
    session.open_sample()
    assert [path.name for path in session.list_pictures_for_recording()] == ["blur.png", "mine.png"]
    assert session.list_pictures_for_recording()[0] == sample.BLUR


def test_a_sequence_is_made_scored_and_exported(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    with pytest.raises(sc.OptionError, match="open a recording first"):
        session.start_sequence(sample.BLUR, [30], (0, 60), SDM, {})
    session.set_recording(
        tmp_path / "folder" / "b10.dat", session.read_stream(tmp_path / "folder" / "b10.dat")
    )
    blur = tmp_path / "folder" / "blur.png"
    sequence = session.start_sequence(blur, [20, 30, 40], (0, 60), SDM, {})
    with pytest.raises(sc.OptionError, match="no pictures yet"):
        sequence.export("MP4", 12)
    sequence.make_pictures()
    assert sequence.finished_frames == [20, 30, 40]
    expected = sc.deblur(blur, session.stream, exposure=(0, 60), frames=[30], method="sdm")[0]
    assert sc.read_picture(sequence.picture_path(30)) == pytest.approx(expected, abs=1 / 500)
    sc.save(tmp_path / "truth.png", expected)
    scores = sequence.score(30, tmp_path / "truth.png")
    assert scores["psnr"] > 50
    assert scores["blur_psnr"] < 40
    assert sc.count_frames(sequence.export("MP4", 12)) == 3
    assert sequence.export("GIF", 12).stat().st_size > 100
    assert sequence.export("PNG files", 12).suffix == ".zip"
    session.show_next_sequence()
    again = session.start_sequence(blur, [20, 30], (0, 60), SDM, {})
    session.wait_for_file_removal()
    # The one before stays until there is something to show.
    assert session.sequence is sequence
    assert sequence.folder.exists()
    session.show_next_sequence()
    session.wait_for_file_removal()
    assert sequence.folder.exists()
    assert (session.sequence, session.next_sequence) == (again, None)
    assert session.previous_sequence is sequence
    session.start_sequence(blur, [20], (0, 60), SDM, {})
    session.show_next_sequence()
    session.wait_for_file_removal()
    assert not sequence.folder.exists()
    assert session.previous_sequence is again
    again.stop()
    again.make_pictures()
    assert (again.finished_frames, again.stopped) == ([], True)
    session.close()
    session.wait_for_file_removal()
    assert not list((tmp_path / "sessions").rglob("*.png"))


def test_a_sequence_that_cannot_be_started_leaves_the_one_before(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    session.set_recording(
        tmp_path / "folder" / "b10.dat", session.read_stream(tmp_path / "folder" / "b10.dat")
    )
    blur = tmp_path / "folder" / "blur.png"
    sequence = session.start_sequence(blur, [20], (0, 60), SDM, {})
    sequence.make_pictures()
    session.show_next_sequence()
    with pytest.raises(sc.RangeError):
        session.start_sequence(blur, [20], (0, 61), SDM, {})
    with pytest.raises(sc.FileError, match="not in a folder"):
        session.start_sequence(tmp_path / "secret.png", [20], (0, 60), SDM, {})
    with pytest.raises(sc.OptionError, match="needs a blurry picture"):
        session.start_sequence(None, [20], (0, 60), SDM, {})
    session.start_sequence(blur, [20, 30], (0, 60), SDM, {})
    session.drop_next_sequence()
    assert session.sequence is sequence
    assert sequence.picture_path(20).exists()


def test_a_recording_that_leads_to_another_file_is_not_opened(files, tmp_path, spikes):
    h5py = pytest.importorskip("h5py")
    sc.save(tmp_path / "secret.h5", sc.SpikeStream.from_array(spikes(60, 8, 16)))
    folder = tmp_path / "folder"
    with h5py.File(folder / "linked.h5", "w") as file:
        file["spikes"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "spikes")
    with h5py.File(folder / "external.h5", "w") as file:
        outside = [(str(tmp_path / "secret.dat"), 0, 960)]
        spikes = file.create_dataset("spikes", (60, 16), np.uint8, external=outside)
        spikes.attrs["height"], spikes.attrs["width"] = 8, 16
    session = Session(files, tmp_path / "sessions")
    for name in ("linked.h5", "external.h5"):
        with pytest.raises(sc.FileError, match="its spikes lie in another file"):
            session.read_stream(folder / name)


def test_encoding_and_check_of_a_pair_are_chosen(files, tmp_path):
    folder = tmp_path / "folder"
    rng = np.random.default_rng(0)
    light = np.kron(rng.random((9, 12)).astype(np.float32), np.ones((4, 4), np.float32))
    sc.save(folder / "seen.npz", sc.simulate([light] * 60, "ideal"))
    blurry = np.kron(light, np.ones((4, 4), np.float32))
    sc.save(folder / "match.png", sc.parse_encoding("srgb").encode(blurry))
    sc.save(folder / "other.png", rng.random((144, 192)).astype(np.float32))
    sc.parse_encoding("gamma:1.8").save(folder / "tone.json")
    sc.parse_encoding("gamma:1.8").save(tmp_path / "hidden.json")
    session = Session(files, tmp_path / "sessions")
    session.set_recording(folder / "seen.npz", session.read_stream(folder / "seen.npz"))
    assert session.list_encoding_files() == [folder / "tone.json"]

    def facts(name, **pair):
        settings = PairSettings(**pair)
        made = session.start_sequence(folder / name, [30], None, SDM, {}, settings)
        return made.facts

    exposure, encoding = facts("match.png")
    assert exposure == "exposure 0:60 of 60 frames"
    assert encoding.startswith("encoding srgb")
    assert facts("match.png", encoding="gamma:2.2")[1] == "encoding gamma:2.2"
    _, encoding, warning = facts("match.png", encoding=str(folder / "tone.json"))
    assert encoding == "encoding tone.json"
    assert "match.png is read as tone.json, but the pair shows srgb" in warning
    with pytest.raises(sc.GeometryError, match="do not show the same scene") as refusal:
        facts("other.png")
    assert "--" not in word_for_page(str(refusal.value))
    assert facts("other.png", encoding="srgb", check_match=False)[1] == "encoding srgb"
    with pytest.raises(sc.FileError, match="not in a folder that spikecam app was given"):
        facts("match.png", encoding=str(tmp_path / "hidden.json"))
    with pytest.raises(sc.OptionError, match="no encoding 'log'"):
        facts("match.png", encoding="log")


def test_frames_are_spread_over_the_exposure_of_the_request(tmp_path, files):
    folder = tmp_path / "folder"
    rng = np.random.default_rng(0)
    photo = np.kron(rng.random((24, 32)), np.ones((8, 8))).astype(np.float32)
    scene = sc.moving_scene(photo, size=(128, 192), speed=30, seed=1)
    frames = [sc.quarter_gray(frame) for frame in scene]
    recording = sc.simulate(frames, "ideal")
    sc.save(folder / "moving.npz", recording)
    exposed = (np.kron(frame, np.ones((4, 4), np.float32)) for frame in frames[40:100])
    sc.save(folder / "exposed.png", sc.average_frames(exposed))
    session = Session(files, tmp_path / "sessions")
    session.set_recording(folder / "moving.npz", session.read_stream(folder / "moving.npz"))

    def sequence(exposure):
        return session.start_sequence(folder / "exposed.png", 5, exposure, SDM, {})

    estimated = sequence(None)
    assert "estimated" in estimated.facts[0]
    assert abs(estimated.frames[0] - 40) <= 8
    assert abs(estimated.frames[-1] - 99) <= 8
    first = estimated.frames[0]
    estimated.make_pictures()
    assert estimated.picture_path(first).exists()
    assert sequence((30, 111)).frames == [30, 50, 70, 90, 110]
    session.stream.exposure = (40, 101)
    assert sequence(None).frames == [40, 55, 70, 85, 100]
    assert sequence((40, 101)).facts[0] == "exposure 40:101 of 137 frames"
    spikes_alone = find_method("spikegen", Takes.SPIKES_OR_PICTURE)
    assert session.start_sequence(None, 3, (40, 101), spikes_alone, {}).frames == [40, 70, 100]


def test_a_recording_that_was_opened_meanwhile_takes_no_old_sequence(files, tmp_path, monkeypatch):
    """Making a request takes a while, and the page goes on."""
    session, folder = Session(files, tmp_path / "sessions"), tmp_path / "folder"
    session.set_recording(folder / "b10.dat", session.read_stream(folder / "b10.dat"))
    monkeypatch.setattr("spikecam.app.session.SharpSequence", lambda *_: session.open_sample())
    with pytest.raises(sc.OptionError, match="another recording was opened meanwhile"):
        session.start_sequence(folder / "blur.png", [20], (0, 60), SDM, {})
    assert session.sequence is None


def test_a_size_is_remembered_for_a_recording_or_its_folder(files, tmp_path):
    session, folder = Session(files, tmp_path / "sessions"), tmp_path / "folder"
    (folder / "b11.dat").write_bytes(bytes(160))
    (folder / "odd.dat").write_bytes(bytes(161))
    size = Geometry(8, 16, rate=500)
    assert session.list_recordings_that_fit(folder / "b9.dat", size) == [folder / "b11.dat"]
    assert session.remember_size(folder / "b9.dat", size, whole_folder=False) == 1
    assert session.needs_frame_size(folder / "b11.dat")
    assert session.read_stream(folder / "b9.dat").rate == 500
    assert session.remember_size(folder / "b9.dat", size, whole_folder=True) == 2
    assert session.read_stream(folder / "b11.dat").shape == (10, 8, 16)
    assert session.needs_frame_size(folder / "odd.dat")
    with pytest.raises(sc.FileError, match="not in a folder"):
        session.remember_size(tmp_path / "secret.dat", size, whole_folder=False)


def test_another_size_goes_before_a_remembered_one(files, tmp_path):
    session, path = Session(files, tmp_path / "sessions"), tmp_path / "folder" / "b9.dat"
    write_sidecar(path, Geometry(8, 16, rate=500, exposure=(3, 9)))
    stream = session.read_stream(path, (16, 16), rate=20)
    assert (stream.shape, stream.rate) == ((30, 16, 16), 20)
    session.set_recording(path, stream, (16, 16), 20)
    assert session.can_change_size
    assert (session.camera, session.rate) == ((16, 16), 20)
    session.remember_size(path, Geometry(16, 16), whole_folder=False)
    again = session.read_stream(path)
    assert (again.shape, again.rate, again.exposure) == ((30, 16, 16), 500, (3, 9))
    session.open_sample()
    assert not session.can_change_size


def test_messages_name_no_folder(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    (files.create_upload("bad.npz")).write_bytes(b"text")
    with pytest.raises(sc.FileError) as refusal:
        session.read_stream(files.uploads / "bad.npz")
    assert str(refusal.value).startswith("bad.npz ")
    with pytest.raises(sc.RangeError, match=r"longer than b10\.dat of 60"):
        session.read_stream(tmp_path / "folder" / "b10.dat").window(30, 999)


def test_a_closed_session_lets_go_of_its_recording_and_pictures(files, tmp_path):
    session = Session(files, tmp_path / "sessions")
    session.open_sample()
    picture = weakref.ref(session.pictures.reconstruct(session.stream, 68, ViewSettings()))
    stream = weakref.ref(session.stream)
    session.close()
    assert picture() is None
    assert stream() is None
    assert not session.is_removing_files
