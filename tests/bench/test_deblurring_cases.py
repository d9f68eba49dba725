import shutil

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench import synthetic_set
from spikecam.bench.deblurring_cases import gopro_cases, thinned
from spikecam.bench.gopro import gopro


def test_thinned_spikes_are_those_of_a_higher_threshold(steady):
    rates = np.random.default_rng(0).uniform(0.1, 0.9, (6, 8))
    stream = steady(rates, 400)
    slower = thinned(stream, 4)
    assert np.asarray(slower).mean(axis=0) * 4 == pytest.approx(rates, abs=0.02)
    # Every spike that is kept was there.
    assert not np.any(np.asarray(slower) & ~np.asarray(stream).astype(bool))
    gaps = [np.diff(np.flatnonzero(pixel)) for pixel in np.asarray(slower).reshape(400, -1).T]
    expected = np.concatenate(
        [4 / rate * np.ones(len(gap)) for rate, gap in zip(rates.flat, gaps, strict=True)]
    )
    assert np.abs(np.concatenate(gaps) - expected).max() < 1.01
    assert thinned(stream, 1) is stream


def test_thinned_spikes_start_anywhere(steady):
    stream = steady(np.full((20, 20), 1.0), 9)
    first = np.argmax(np.asarray(thinned(stream, 4)), axis=0)
    assert set(first.flat) == {0, 1, 2, 3}


def test_sequences_are_read_with_their_truth(data):
    said, cases = gopro_cases(data / "val_sequences", 2, 2)
    assert said.endswith("val_sequences, 2 sequences")
    first, _ = cases
    assert (first.name, first.blur.shape, first.stream.shape) == (
        "seq00",
        (320, 448, 3),
        (137, 80, 112),
    )
    assert list(first.truth) == [20, 36, 52, 68, 84, 100, 116]


def test_what_is_missing_or_does_not_fit_is_said_before_any_work(data, tmp_path):
    for name in ("seq00", "seq01"):
        shutil.copytree(data / "val_sequences" / name, tmp_path / "set" / name)
    where = tmp_path / "set" / "seq01"
    kept = (where / "spikes_v2.dat").read_bytes()
    (where / "spikes_v2.dat").write_bytes(kept[:-1])
    with pytest.raises(sc.GeometryError, match=r"seq01.spikes_v2\.dat holds 136 whole frames"):
        gopro_cases(tmp_path / "set", 2)
    sc.save(where / "sharp_116.png", np.zeros((8, 8)))
    with pytest.raises(sc.FileError, match=r"seq01.sharp_116\.png is not of the size of blur\.png"):
        gopro_cases(tmp_path / "set", 1)
    for missing in ("sharp_036.png", "spikes_v4.dat", "blur.png"):
        (where / missing).unlink()
        with pytest.raises(sc.FileError, match=f"seq01 has no {missing}"):
            gopro_cases(tmp_path / "set", 4)


def test_sequences_may_have_their_middle_frame_alone(data, tmp_path):
    where = tmp_path / "set" / "seq00"
    shutil.copytree(data / "val_sequences" / "seq00", where)
    for path in set(where.glob("sharp_*.png")) - {where / "sharp_068.png"}:
        path.unlink()
    (case,) = gopro_cases(tmp_path / "set", 1)[1]
    assert list(case.truth) == [68]
    made = gopro(tmp_path / "set", ["sdm"], metrics=["psnr"], thresholds=[1], say=lambda _: None)
    assert [table.name for table in made.tables] == ["middle"]


def test_a_data_set_gives_its_test_pairs(tiny_set, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "test").symlink_to(tiny_set / "val")
    (tmp_path / "set" / "manifest.json").write_bytes((tiny_set / "manifest.json").read_bytes())
    said, cases = gopro_cases(tmp_path / "set", 2)
    assert "2 test pairs, thinned to one spike of 2" in said
    sparse = list(cases)
    _, cases = gopro_cases(tmp_path / "set", 1)
    for one, other in zip(sparse, cases, strict=True):
        assert one.stream.exposure == other.stream.exposure
        ratio = np.asarray(one.stream).sum() / np.asarray(other.stream).sum()
        assert ratio == pytest.approx(0.5, abs=0.05)


def test_the_stand_in_is_the_same_every_time():
    said, cases = gopro_cases(None, 4, 1)
    assert said.startswith("a stand-in for Spike-GOPRO: ")
    (case,) = cases
    (again,) = gopro_cases(None, 4, 1)[1]
    assert np.array_equal(case.stream, again.stream)
    assert np.array_equal(case.truth[68], again.truth[68])
    # It moves, and the blurry picture is of that.
    assert np.abs(case.truth[20] - case.truth[116]).mean() > 0.02
    assert sc.psnr(case.blur, case.truth[68], data_range=1) < 30


def test_films_are_exposed_where_it_is_said():
    (film,) = synthetic_set.films(9, (2, 7), 1)
    assert film.frames.shape == (9, 224, 320, 3)
    assert film.blur() == pytest.approx(film.frames[2:7].mean(axis=0) / 255, abs=1e-6)


def test_what_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(sc.FileError, match="expected test/spike_data as in Spike-GOPRO, or"):
        gopro_cases(tmp_path, 1)
