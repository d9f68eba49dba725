import numpy as np
import pytest

import spikecam as sc
from spikecam.sensor.integrate import simulate


@pytest.fixture
def stream():
    light = np.random.default_rng(0).random((137, 8, 12)).astype(np.float32)
    return simulate(light, exposure=(20, 117))


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (32, 48, 3), np.uint8)


@pytest.fixture
def gopro(tmp_path, stream, picture):
    """A data set of two pairs in one scene."""
    for name in ("000068", "000172"):
        sc.write_gopro_pair(
            tmp_path,
            "train",
            "GOPR1",
            name,
            stream=stream,
            blur=picture,
            sharp={20: picture, 68: picture, 116: picture},
        )
    return tmp_path


def test_gopro_pairs_come_back(gopro, stream, picture):
    pairs = sc.spike_gopro(gopro)
    assert [(p.scene, p.name) for p in pairs] == [("GOPR1", "000068"), ("GOPR1", "000172")]
    for pair in pairs:
        assert np.array_equal(pair.stream(), stream)
        assert pair.stream().exposure == (20, 117)
        assert np.array_equal(np.rint(pair.blurry_picture() * 255), picture)
        assert list(pair.sharp) == [20, 68, 116]


def test_gopro_is_laid_out_as_published(gopro):
    files = {str(p.relative_to(gopro / "train")) for p in gopro.rglob("*") if p.is_file()}
    assert files >= {
        "blur_data/GOPR1/000068.png",
        "spike_data/GOPR1/000068.dat",
        "sharp_data/GOPR1/000068.png",
        "sharp_data/GOPR1/000068/020.png",
    }
    # Readers of the field take every file there for a recording.
    spikes = gopro / "train" / "spike_data"
    assert {p.suffix for p in spikes.glob("*/*")} == {".dat"}
    assert (spikes / "GOPR1" / "000068.dat").stat().st_size == 137 * 8 * 12 // 8


def test_without_sharp_pictures_it_is_read_too(gopro):
    import shutil

    shutil.rmtree(gopro / "train" / "sharp_data")
    assert [len(p.sharp) for p in sc.spike_gopro(gopro)] == [0, 0]


@pytest.mark.parametrize(
    "half",
    ["blur_data/GOPR1/000068.png", "sharp_data/GOPR1/000068.png", "spike_data/GOPR1/000068.dat"],
)
def test_missing_halves_are_listed_or_skipped(gopro, half):
    (gopro / "train" / half).unlink()
    with pytest.raises(sc.FileError, match=f"lacks halves of pairs: {half}"):
        sc.spike_gopro(gopro)
    assert [p.name for p in sc.spike_gopro(gopro, incomplete="skip")] == ["000172"]
    with pytest.raises(sc.OptionError, match="perhaps"):
        sc.spike_gopro(gopro, incomplete="perhaps")


def test_a_recording_cut_short_is_refused(gopro):
    path = gopro / "train" / "spike_data" / "GOPR1" / "000068.dat"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(sc.GeometryError):
        sc.spike_gopro(gopro)[0].stream()


@pytest.mark.parametrize("content", ["", "[]", '{"exposure": 3}'])
def test_a_damaged_manifest_is_refused(gopro, content):
    (gopro / "manifest.json").write_text(content)
    with pytest.raises(sc.FileError, match="no manifest"):
        sc.spike_gopro(gopro)


def test_folders_without_pairs_are_refused(tmp_path):
    for read in (sc.spike_gopro, sc.rsb, sc.reds, sc.uhsr):
        with pytest.raises(sc.FileError, match="expected"):
            read(tmp_path)


def test_rsb_pairs_come_back(tmp_path, stream):
    y, x = np.mgrid[:32, :48]
    picture = np.stack([y * 8, x * 5, (y + x) * 3], axis=-1).astype(np.uint8)
    sc.write_rsb_pair(tmp_path, "low light", "0001", stream=stream, blur=picture)
    (pair,) = sc.rsb(tmp_path)
    assert np.array_equal(pair.stream(), stream)
    assert pair.blurry_picture() == pytest.approx(picture / 255, abs=0.03)  # it is a JPEG
    assert (pair.scene, pair.name, pair.exposure) == ("low light", "0001", None)


def test_reds_pairs_have_the_frame_at_150(data):
    pairs = sc.reds(data / "reds_spikes")
    assert len(pairs) == 3
    truth = sc.read_picture(pairs[0].sharp[150])
    rates = sc.reconstruct(pairs[0].stream(), 150)
    assert np.corrcoef(truth.ravel(), rates.ravel())[0, 1] > 0.95
    with pytest.raises(sc.OptionError, match="no blurry picture"):
        pairs[0].blurry_picture()


def test_uhsr_recordings_are_found(data, tmp_path):
    assert [p.stream().shape for p in sc.uhsr(data / "real")] == [(200, 250, 250)]
    np.savez(tmp_path / "a.npz", spk=np.zeros((3, 4, 5), np.uint8), label_name="helicopter")
    np.savez(tmp_path / "b.npz", other=1)
    assert [p.label for p in sc.uhsr(tmp_path)] == ["helicopter"]
    (tmp_path / "c.npz").write_bytes(b"PK damaged")
    with pytest.raises(sc.FileError, match=r"c\.npz is damaged"):
        sc.uhsr(tmp_path)


def test_a_pair_that_does_not_fit_is_not_written(tmp_path, stream, picture):
    good = {"stream": stream, "blur": picture, "sharp": {68: picture}}
    for wrong, words in (
        ({"blur": picture[:, :40]}, "this one is 40x32"),
        ({"sharp": {68: picture[:16]}}, "this one is 48x16"),
        ({"sharp": {20: picture}}, "middle frame, 68"),
        ({"stream": simulate(np.zeros((137, 8, 12)), exposure=(10, 50))}, "20:117"),
    ):
        with pytest.raises(sc.OptionError, match=words):
            sc.write_gopro_pair(tmp_path, "train", "a", "000068", **{**good, **wrong})
    with pytest.raises(sc.OptionError, match="4 times as fine"):
        sc.write_rsb_pair(tmp_path, "a", "1", stream=stream, blur=picture[:8])
    assert not list(tmp_path.iterdir())


def test_writing_anew_never_mixes_old_and_new(gopro, stream, picture, monkeypatch):
    def full(*args, **kwargs):
        raise sc.OutputError("the disk is full")

    monkeypatch.setattr("spikecam.data.layouts.write_dat", full)
    with pytest.raises(sc.OutputError):
        sc.write_gopro_pair(
            gopro,
            "train",
            "GOPR1",
            "000068",
            stream=stream,
            blur=255 - picture,
            sharp={68: picture},
        )
    assert [p.name for p in sc.spike_gopro(gopro, incomplete="skip")] == ["000172"]


def test_what_was_left_aside_is_no_pair(gopro):
    for folder, name in (("spike_data", ".a.1.part.dat"), ("blur_data", ".a.1.part.png")):
        (gopro / "train" / folder / "GOPR1" / name).write_bytes(b"half")
    assert len(sc.spike_gopro(gopro)) == 2
