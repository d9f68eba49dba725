import shutil

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench import synthetic_set
from spikecam.bench.deblurring_cases import describe_and_iter_gopro_cases, keep_every_nth_spike
from spikecam.bench.gopro import score_on_gopro


def test_thinned_spikes_are_those_of_a_higher_threshold(steady):
    rates = np.random.default_rng(0).uniform(0.1, 0.9, (6, 8))
    stream = steady(rates, 400)
    thinned_stream = keep_every_nth_spike(stream, 4)
    assert np.asarray(thinned_stream).mean(axis=0) * 4 == pytest.approx(rates, abs=0.02)
    # Every spike that is kept was there.
    assert not np.any(np.asarray(thinned_stream) & ~np.asarray(stream).astype(bool))
    gaps = [
        np.diff(np.flatnonzero(pixel)) for pixel in np.asarray(thinned_stream).reshape(400, -1).T
    ]
    expected = np.concatenate(
        [4 / rate * np.ones(len(gap)) for rate, gap in zip(rates.flat, gaps, strict=True)]
    )
    assert np.abs(np.concatenate(gaps) - expected).max() < 1.01
    assert keep_every_nth_spike(stream, 1) is stream


def test_thinned_spikes_start_anywhere(steady):
    stream = steady(np.full((20, 20), 1.0), 9)
    first = np.argmax(np.asarray(keep_every_nth_spike(stream, 4)), axis=0)
    assert set(first.flat) == {0, 1, 2, 3}


def test_sequences_are_read_with_their_truth(data):
    source, cases = describe_and_iter_gopro_cases(data / "val_sequences", 2, 2)
    assert source.endswith("val_sequences, 2 sequences, values of pictures as light")
    first, _ = cases
    assert (first.name, first.blur.shape, first.stream.shape) == (
        "seq00",
        (320, 448, 3),
        (137, 80, 112),
    )
    assert list(first.truth) == [20, 36, 52, 68, 84, 100, 116]


def test_missing_and_ill_sized_files_are_reported_before_any_work(data, tmp_path):
    for name in ("seq00", "seq01"):
        shutil.copytree(data / "val_sequences" / name, tmp_path / "set" / name)
    scene = tmp_path / "set" / "seq01"
    content = (scene / "spikes_v2.dat").read_bytes()
    (scene / "spikes_v2.dat").write_bytes(content[:-1])
    with pytest.raises(sc.GeometryError, match=r"seq01.spikes_v2\.dat holds 136 whole frames"):
        describe_and_iter_gopro_cases(tmp_path / "set", 2)
    sc.save(scene / "sharp_116.png", np.zeros((8, 8)))
    with pytest.raises(sc.FileError, match=r"seq01.sharp_116\.png is not of the size of blur\.png"):
        describe_and_iter_gopro_cases(tmp_path / "set", 1)
    for missing in ("sharp_036.png", "spikes_v4.dat", "blur.png"):
        (scene / missing).unlink()
        with pytest.raises(sc.FileError, match=f"seq01 has no {missing}"):
            describe_and_iter_gopro_cases(tmp_path / "set", 4)


def test_sequences_may_have_their_middle_frame_alone(data, tmp_path):
    scene = tmp_path / "set" / "seq00"
    shutil.copytree(data / "val_sequences" / "seq00", scene)
    for path in set(scene.glob("sharp_*.png")) - {scene / "sharp_068.png"}:
        path.unlink()
    (case,) = describe_and_iter_gopro_cases(tmp_path / "set", 1)[1]
    assert list(case.truth) == [68]
    report = score_on_gopro(
        tmp_path / "set", ["sdm"], metrics=["psnr"], thresholds=[1], say=lambda _: None
    )
    assert [table.name for table in report.tables] == ["middle"]


def test_a_data_set_gives_its_test_pairs(tiny_set, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "test").symlink_to(tiny_set / "val")
    (tmp_path / "set" / "manifest.json").write_bytes((tiny_set / "manifest.json").read_bytes())
    source, cases = describe_and_iter_gopro_cases(tmp_path / "set", 2)
    assert "2 test pairs, thinned to one spike of 2" in source
    sparse = list(cases)
    _, cases = describe_and_iter_gopro_cases(tmp_path / "set", 1)
    for sparse_case, case in zip(sparse, cases, strict=True):
        assert sparse_case.stream.exposure == case.stream.exposure
        ratio = np.asarray(sparse_case.stream).sum() / np.asarray(case.stream).sum()
        assert ratio == pytest.approx(0.5, abs=0.05)


def test_the_synthetic_set_is_the_same_at_every_call():
    source, cases = describe_and_iter_gopro_cases(None, 4, 1)
    assert source.startswith("a substitute for Spike-GOPRO: ")
    (case,) = cases
    (repeated,) = describe_and_iter_gopro_cases(None, 4, 1)[1]
    assert np.array_equal(case.stream, repeated.stream)
    assert np.array_equal(case.truth[68], repeated.truth[68])
    # It moves, and the blurry picture is of that.
    assert np.abs(case.truth[20] - case.truth[116]).mean() > 0.02
    assert sc.psnr(case.blur, case.truth[68], data_range=1) < 30


def test_sequences_are_blurred_over_their_exposure():
    (sequence,) = synthetic_set.make_sequences(9, (2, 7), 1)
    assert sequence.frames.shape == (9, 224, 320, 3)
    assert sequence.blur() == pytest.approx(sequence.frames[2:7].mean(axis=0) / 255, abs=1e-6)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(sc.FileError, match="expected test/spike_data as in Spike-GOPRO, or"):
        describe_and_iter_gopro_cases(tmp_path, 1)


def test_sequences_of_real_light_say_their_encoding(data):
    source, cases = describe_and_iter_gopro_cases(data / "val_light", 1, 1)
    assert source.endswith("val_light, 1 sequence, pictures in srgb, spikes of their light")
    (case,) = cases
    assert case.encoding.name == "srgb"


def test_lists_of_sequences_are_read_or_refused(data, tmp_path):
    shutil.copytree(data / "val_light" / "seq00", tmp_path / "set" / "seq00")
    (tmp_path / "set" / "sequences.json").write_text("{")
    with pytest.raises(sc.FileError, match="is no list of sequences"):
        describe_and_iter_gopro_cases(tmp_path / "set", 1)


def test_the_synthetic_set_is_made_in_real_light():
    source, cases = describe_and_iter_gopro_cases(None, 1, 1, sc.parse_encoding("srgb"))
    assert source.endswith("pictures in srgb, spikes of their light")
    (case,) = cases
    (linear,) = describe_and_iter_gopro_cases(None, 1, 1)[1]
    # Light is darker than values, and its mean is brighter once it is encoded.
    assert np.asarray(case.stream).mean() < 0.8 * np.asarray(linear.stream).mean()
    assert case.blur.mean() > linear.blur.mean()
    assert np.array_equal(case.truth[68], linear.truth[68])


def test_data_sets_stand_side_by_side(data):
    folders = [data / "val_sequences", data / "val_light"]
    report = score_on_gopro(
        folders, ["sdm"], metrics=["psnr"], thresholds=[1], limit=1, say=lambda _: None
    )
    names = ["side-by-side", *(f"{n}-{f.name}" for f in folders for n in ("sequence", "middle"))]
    assert [table.name for table in report.tables] == names
    side_by_side = {row["method"]: row for row in report.tables[0].rows}
    assert set(side_by_side["sdm"]) == {"method", "val_sequences, V_th 1", "val_light, V_th 1"}
    # With its encoding measured, the formula helps in both.
    for column in ("val_sequences, V_th 1", "val_light, V_th 1"):
        assert side_by_side["sdm"][column] > side_by_side["blurry picture"][column] + 2
    published = [row for row in report.tables[3].rows if "published" in row["method"]]
    assert not published
    with pytest.raises(sc.OptionError, match="named twice"):
        score_on_gopro([folders[0], folders[0]], ["sdm"])
