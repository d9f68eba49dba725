import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.train.pairs import CropConfig, Crops, find_pairs


@pytest.fixture
def rsb(tmp_path):
    """RSB with 400 frames of 24x16 to a picture: scenes a to d, of two pairs each."""

    def make(scenes="abcd", pairs=2):
        rng = np.random.default_rng(0)
        for scene in scenes:
            for n in range(pairs):
                stream = sc.SpikeStream.from_array(rng.random((400, 16, 24)) < 0.3)
                sc.write_rsb_pair(
                    tmp_path / "rsb", scene, f"{n}", stream=stream, blur=rng.random((64, 96, 3))
                )
        return tmp_path / "rsb"

    return make


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_a_number_is_always_the_same_sample(tiny_set):
    train, _ = find_pairs(tiny_set)
    config = CropConfig(crop=16, moments=2, window=5, drawn=True)
    crops, again = (Crops(train, config, seed=1, length=100) for _ in range(2))
    other = Crops(train, config, seed=2, length=100)
    first = [crops[n] for n in (3, 50)]
    assert same(first[1], again[50])
    assert same(first[0], again[3])
    assert not same(*first)
    assert not same(first[0], other[3])


def test_spikes_and_pictures_are_of_the_same_place(tiny_set):
    crops = Crops(find_pairs(tiny_set)[0], CropConfig(crop=16, moments=0), seed=0, length=100)
    for n in range(20):
        sample = crops[n]
        assert sample["blur"].shape == (3, 64, 64)
        assert sample["long"].shape == (1, 16, 16)
        gray = sc.quarter_gray(sample["blur"].permute(1, 2, 0).numpy())
        alike = np.corrcoef(sample["long"].numpy().ravel(), gray.ravel())[0, 1]
        assert alike > 0.5


def test_windows_are_those_of_the_stream(rsb):
    train, _ = find_pairs(rsb())
    crops = Crops(train, CropConfig(crop=16), seed=0, length=len(train), judge=True)
    stream, sample = train[1].stream(), crops[1]
    frames = sc.evenly_spaced_frames(stream, 5, None, 21)
    assert (frames[0], frames[-1]) == (10, 389)
    rate = stream.count() / 400
    (left,) = [x for x in range(9) if np.allclose(sample["long"][0], rate[:, x : x + 16])]
    for frame, spikes in zip(frames, sample["spikes"], strict=True):
        assert np.array_equal(spikes, stream.read(frame - 10, frame + 11)[:, :, left : left + 16])
    blur = train[1].blurry_picture()[:, 4 * left : 4 * left + 64]
    assert np.array_equal(sample["blur"].permute(1, 2, 0), blur)


def test_moments_by_lot_stay_in_the_exposure(rsb):
    train, _ = find_pairs(rsb())
    config = CropConfig(crop=8, moments=1, window=399, drawn=True)
    for n in range(5):
        assert Crops(train, config, seed=0, length=9)[n]["spikes"].shape == (1, 399, 8, 8)


def test_judging_knows_the_truth_in_the_middle(tiny_set):
    _, val = find_pairs(tiny_set)
    crops = Crops(val, CropConfig(crop=16, moments=3, window=9), seed=0, length=2, judge=True)
    sample = crops[1]
    gray = sc.quarter_gray(sample["sharp"].permute(1, 2, 0).numpy())
    assert np.allclose(sample["clean"][0], gray, atol=1e-6)
    rates = sample["spikes"][1].float().mean(0)
    assert np.corrcoef(rates.ravel(), gray.ravel())[0, 1] > 0.5
    # What is trained with has none.
    assert Crops(val, CropConfig(moments=0), seed=0, length=2)[1].keys() == {"blur", "long"}


def test_a_crop_is_as_large_as_fits(rsb):
    assert Crops(find_pairs(rsb())[0], CropConfig(), seed=0, length=1).side == 16


def test_val_is_judged_by_where_there_is_one(tiny_set):
    train, val = find_pairs(tiny_set)
    assert val == sc.read_spike_gopro(tiny_set, "val")
    assert train == sc.read_spike_gopro(tiny_set, "train")


def test_else_whole_scenes_are_held_out(rsb):
    train, val = find_pairs(rsb())
    assert (len(train), len(val)) == (6, 2)
    assert not {p.scene for p in train} & {p.scene for p in val}
    assert find_pairs(rsb()) == (train, val)


def test_of_one_scene_the_last_pairs_are_held_out(rsb):
    train, val = find_pairs(rsb("a", 3))
    assert [p.name for p in train] == ["0", "1"]
    assert [p.name for p in val] == ["2"]


def test_one_pair_does_not_suffice(rsb):
    with pytest.raises(sc.FileError, match="holds one pair"):
        find_pairs(rsb("a", 1))


def test_missing_halves_are_listed_or_skipped(rsb):
    folder = rsb()
    (folder / "blur_data" / "b" / "1.jpg").unlink()
    (folder / "spike_data" / "c" / "0.dat").unlink()
    with pytest.raises(sc.FileError, match=r"blur_data/b/1\.jpg, spike_data/c/0\.dat"):
        find_pairs(folder)
    assert sum(map(len, find_pairs(folder, "skip"))) == 6


def test_what_is_no_data_set_is_refused(tiny_set, tmp_path):
    with pytest.raises(sc.FileError, match="name the folder that holds it"):
        find_pairs(tiny_set / "train")
    for light, expected in ((False, "or spike_data, as in RSB"), (True, "expected train/")):
        with pytest.raises(sc.FileError, match=expected):
            find_pairs(tmp_path, light=light)


def test_what_does_not_fit_is_refused_before_work(rsb):
    train, _ = find_pairs(rsb())
    with pytest.raises(sc.RangeError, match="longer than"):
        Crops(train, CropConfig(window=401), seed=0, length=1)
    with pytest.raises(sc.OptionError, match="cannot be spread"):
        Crops(train, CropConfig(moments=999), seed=0, length=1)
    for wrong in ({"crop": 12}, {"crop": 0}, {"moments": -1}, {"window": 4}):
        with pytest.raises(sc.OptionError):
            CropConfig(**wrong)
