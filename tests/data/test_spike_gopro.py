from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES, exposure_spans
from spikecam.errors import OptionError, RangeError
from spikecam.scenes.motion import SCENE_EXPOSURE, SCENE_FRAMES
from spikecam.sensor.integrate_and_fire import simulate


def test_scenes_have_the_timing_of_a_pair_by_default():
    assert (SCENE_FRAMES, SCENE_EXPOSURE) == (RECORDING_FRAMES, EXPOSURE)


def test_exposures_are_those_of_the_protocol():
    assert exposure_spans(137) == [(20, 117)]
    # 30 frames of video, 7 between neighbours: the next exposure starts after 7 frames.
    assert exposure_spans(29 * 8 + 1) == [(20, 117)]
    assert exposure_spans(345) == [(20, 117), (124, 221), (228, 325)]


@given(st.integers(1, 500), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9))
def test_exposures_fill_what_there_is(total, length, gap, margin):
    if total < length + 2 * margin:
        with pytest.raises(RangeError, match=f"at least {length + 2 * margin}"):
            exposure_spans(total, length=length, gap=gap, margin=margin)
        return
    spans = exposure_spans(total, length=length, gap=gap, margin=margin)
    assert spans[0][0] == margin
    assert {stop - start for start, stop in spans} == {length}
    assert all(b[0] - a[1] == gap for a, b in pairwise(spans))
    left = total - margin - spans[-1][1]
    assert 0 <= left < length + gap


def test_exposures_that_cannot_be_are_refused():
    for wrong in ({"length": 0}, {"gap": -1}, {"margin": -1}):
        with pytest.raises(OptionError, match="0 or more"):
            exposure_spans(500, **wrong)
    with pytest.raises(OptionError, match="whole frames"):
        exposure_spans(500.0)


@pytest.fixture
def gopro(tmp_path, stream, picture):
    """A data set of two pairs in one scene."""
    for name in ("000068", "000172"):
        sc.write_spike_gopro_pair(
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
    pairs = sc.read_spike_gopro(gopro)
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
    assert [len(p.sharp) for p in sc.read_spike_gopro(gopro)] == [0, 0]


@pytest.mark.parametrize(
    "half",
    ["blur_data/GOPR1/000068.png", "sharp_data/GOPR1/000068.png", "spike_data/GOPR1/000068.dat"],
)
def test_missing_halves_are_listed_or_skipped(gopro, half):
    (gopro / "train" / half).unlink()
    with pytest.raises(sc.FileError, match=f"lacks halves of pairs: {half}"):
        sc.read_spike_gopro(gopro)
    assert [p.name for p in sc.read_spike_gopro(gopro, incomplete="skip")] == ["000172"]
    with pytest.raises(sc.OptionError, match="perhaps"):
        sc.read_spike_gopro(gopro, incomplete="perhaps")


def test_a_recording_cut_short_is_refused(gopro):
    path = gopro / "train" / "spike_data" / "GOPR1" / "000068.dat"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(sc.GeometryError):
        sc.read_spike_gopro(gopro)[0].stream()


@pytest.mark.parametrize("content", ["", "[]", '{"exposure": 3}'])
def test_a_damaged_manifest_is_refused(gopro, content):
    (gopro / "manifest.json").write_text(content)
    with pytest.raises(sc.FileError, match="no manifest"):
        sc.read_spike_gopro(gopro)


def test_a_pair_that_does_not_fit_is_not_written(tmp_path, stream, picture):
    good = {"stream": stream, "blur": picture, "sharp": {68: picture}}
    for wrong, words in (
        ({"blur": picture[:, :40]}, "this one is 40x32"),
        ({"sharp": {68: picture[:16]}}, "this one is 48x16"),
        ({"sharp": {20: picture}}, "middle frame, 68"),
        ({"stream": simulate(np.zeros((137, 8, 12)), exposure=(10, 50))}, "20:117"),
    ):
        with pytest.raises(sc.OptionError, match=words):
            sc.write_spike_gopro_pair(tmp_path, "train", "a", "000068", **{**good, **wrong})
    assert not list(tmp_path.iterdir())


def test_writing_anew_never_mixes_old_and_new(gopro, stream, picture, monkeypatch):
    def full(*args, **kwargs):
        raise sc.OutputError("the disk is full")

    monkeypatch.setattr("spikecam.data.spike_gopro.write_dat", full)
    with pytest.raises(sc.OutputError):
        sc.write_spike_gopro_pair(
            gopro,
            "train",
            "GOPR1",
            "000068",
            stream=stream,
            blur=255 - picture,
            sharp={68: picture},
        )
    assert [p.name for p in sc.read_spike_gopro(gopro, incomplete="skip")] == ["000172"]


def test_what_was_left_aside_is_no_pair(gopro):
    for folder, name in (("spike_data", ".a.1.part.dat"), ("blur_data", ".a.1.part.png")):
        (gopro / "train" / folder / "GOPR1" / name).write_bytes(b"half")
    assert len(sc.read_spike_gopro(gopro)) == 2
