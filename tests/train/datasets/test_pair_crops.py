import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.train.datasets.configs import CropConfig
from spikecam.train.datasets.pair_crops import PairCrops
from spikecam.train.datasets.pairs import find_train_val_pairs
from spikecam.train.datasets.refined_pairs import RefinedPairs


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_a_number_is_always_the_same_sample(tiny_set):
    train, _ = find_train_val_pairs(tiny_set)
    config = CropConfig(crop=16, moments=2, window=5, random_moments=True)
    crops, again = (PairCrops(train, config, seed=1, length=100) for _ in range(2))
    other = PairCrops(train, config, seed=2, length=100)
    first = [crops[n] for n in (3, 50)]
    assert same(first[1], again[50])
    assert same(first[0], again[3])
    assert not same(*first)
    assert not same(first[0], other[3])


def test_spikes_and_pictures_are_of_the_same_place(tiny_set):
    crops = PairCrops(
        find_train_val_pairs(tiny_set)[0], CropConfig(crop=16, moments=0), seed=0, length=100
    )
    for n in range(20):
        sample = crops[n]
        assert sample["blur"].shape == (3, 64, 64)
        assert sample["long"].shape == (1, 16, 16)
        gray = sc.quarter_gray(sample["blur"].permute(1, 2, 0).numpy())
        alike = np.corrcoef(sample["long"].numpy().ravel(), gray.ravel())[0, 1]
        assert alike > 0.5


def test_windows_are_those_of_the_stream(rsb):
    train, _ = find_train_val_pairs(rsb())
    crops = PairCrops(train, CropConfig(crop=16), seed=0, length=len(train), validation=True)
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
    train, _ = find_train_val_pairs(rsb())
    config = CropConfig(crop=8, moments=1, window=399, random_moments=True)
    for n in range(5):
        assert PairCrops(train, config, seed=0, length=9)[n]["spikes"].shape == (1, 399, 8, 8)


def test_judging_knows_the_truth_in_the_middle(tiny_set):
    _, val = find_train_val_pairs(tiny_set)
    crops = PairCrops(
        val, CropConfig(crop=16, moments=3, window=9), seed=0, length=2, validation=True
    )
    sample = crops[1]
    gray = sc.quarter_gray(sample["sharp"].permute(1, 2, 0).numpy())
    assert np.allclose(sample["clean"][0], gray, atol=1e-6)
    rates = sample["spikes"][1].float().mean(0)
    assert np.corrcoef(rates.ravel(), gray.ravel())[0, 1] > 0.5
    # What is trained with has none.
    assert PairCrops(val, CropConfig(moments=0), seed=0, length=2)[1].keys() == {"blur", "long"}


def test_pictures_of_a_refiner_are_those_of_the_moments(tiny_set, tmp_path):
    train, _ = find_train_val_pairs(tiny_set)
    config = CropConfig(crop=16, moments=2, window=9, augment=False)
    refined = RefinedPairs("refined-small", tmp_path)
    sample = PairCrops(train, config, seed=0, length=1, refined=refined)[0]
    (path,) = tmp_path.iterdir()
    pair = next(p for p in train if path.stem.startswith(f"{p.scene}-{p.name}-"))
    frames = sc.evenly_spaced_frames(pair.stream(), 2, None, 9)
    expected = sc.deblur(
        pair.blurry_picture(),
        pair.stream(),
        frames=frames,
        weights="refined-small",
        encoding=pair.encoding,
        check_match=False,
        hdr=True,
    )
    blur = pair.encoding.decode(pair.blurry_picture()).transpose(2, 0, 1)
    crop = sample["blur"].numpy()
    places = [
        (top, left)
        for top in range(0, blur.shape[1] - 63, 4)
        for left in range(0, blur.shape[2] - 63, 4)
        if np.allclose(blur[:, top : top + 64, left : left + 64], crop)
    ]
    top, left = places[0]
    refined_crop = expected[:, top : top + 64, left : left + 64].clip(0, 1).transpose(0, 3, 1, 2)
    assert np.abs(sample["teacher"].numpy() - refined_crop).max() < 1e-4
    before = path.stat().st_mtime_ns
    assert same(PairCrops(train, config, seed=0, length=1, refined=refined)[0], sample)
    assert path.stat().st_mtime_ns == before


def test_a_crop_is_as_large_as_fits(rsb):
    assert PairCrops(find_train_val_pairs(rsb())[0], CropConfig(), seed=0, length=1).side == 16


def test_what_does_not_fit_is_refused_before_work(rsb):
    train, _ = find_train_val_pairs(rsb())
    with pytest.raises(sc.RangeError, match="longer than"):
        PairCrops(train, CropConfig(window=401), seed=0, length=1)
    with pytest.raises(sc.OptionError, match="cannot be spread"):
        PairCrops(train, CropConfig(moments=999), seed=0, length=1)
    for wrong in ({"crop": 12}, {"crop": 0}, {"moments": -1}, {"window": 4}):
        with pytest.raises(sc.OptionError):
            CropConfig(**wrong)
