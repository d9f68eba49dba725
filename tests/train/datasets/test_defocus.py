"""Scenes out of focus."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.train.datasets.configs import (
    DEFOCUS_MARGIN_PIXELS,
    MIN_DEFOCUS_WINDOW,
    DefocusConfig,
)
from spikecam.train.datasets.defocus import DefocusSamples, soften
from spikecam.train.datasets.pictures import PictureCrops

SIDE = 64 + 2 * DEFOCUS_MARGIN_PIXELS
CONFIG = DefocusConfig(crop=64, window=(25, 60))
NONE = ("soft", "chart", "point", "noise", "spurious", "fpn", "drift")
NO_NOISE = dict.fromkeys((f"{name}_prob" for name in NONE), 0.0)
PLAIN = replace(CONFIG, **NO_NOISE, white_rate=(0.5, 0.5), window=(401, 401))


def samples(photos, config):
    paths = sorted(photos.glob("*.png"))
    return DefocusSamples(
        PictureCrops(paths, SIDE, seed=0, length=99), [], config, seed=0, length=99
    )


def test_a_sample_is_its_number(photos):
    one, other = (samples(photos, CONFIG)[7] for _ in range(2))
    shapes = {name: tuple(values.shape) for name, values in one.items()}
    assert shapes == {
        "rates": (5, 64, 64),
        "deconvolved": (36, 64, 64),
        "energies": (21, 8, 8),
        "brightness": (),
        "frames": (),
        "sharp": (1, 64, 64),
        "level": (),
    }
    for name, values in one.items():
        assert values.dtype == torch.float32, name
        assert torch.equal(values, other[name])
        assert torch.isfinite(values).all()
    assert not torch.equal(one["sharp"], samples(photos, CONFIG)[8]["sharp"])


def test_in_focus_the_rate_is_the_truth(photos):
    for number in range(3):
        sample = samples(photos, replace(PLAIN, focus_prob=1.0))[number]
        assert (sample["rates"][-1] - sample["sharp"][0]).abs().mean() < 0.002


def test_soft_scenes_and_points_of_light_are_seen_as_they_are(photos, monkeypatch):
    monkeypatch.setattr("spikecam.train.datasets.defocus._SOFT_PIXELS", (1.5, 1.5))
    monkeypatch.setattr("spikecam.train.datasets.defocus._ENLARGING", (3.0, 3.0))

    def truth(**shares):
        return samples(photos, replace(PLAIN, **shares))[3]["sharp"][0]

    def steepness(picture):
        return picture.diff(dim=1).abs().max()

    soft, plain, pointed = truth(soft_prob=1.0), truth(), truth(point_prob=1.0)
    assert steepness(soft) < 0.6 * steepness(plain)
    assert 1 <= (pointed != plain).sum() <= 100
    for one in (soft, pointed):
        assert one.min() >= 0
        assert one.max() <= 0.5


def test_soft_pictures_are_enlarged_or_keep_some_detail():
    rng = np.random.default_rng(0)
    sharp = rng.random((120, 120), np.float32)
    away = np.hypot(np.fft.fftfreq(120)[:, None], np.fft.rfftfreq(120))
    finest = (away > 0.4) & (away < 0.5)

    def detail(picture):
        return np.square(np.abs(np.fft.rfft2(picture)))[finest].mean()

    left = []
    for _ in range(40):
        soft = soften(sharp, rng)
        assert soft.shape == sharp.shape
        assert soft.dtype == np.float32
        assert 0 <= soft.min() < soft.max() <= 1
        left.append(detail(soft) / detail(sharp))
    assert np.median(left) < 0.2
    assert max(left) > 0.5
    # They fall in many ways.
    assert np.std(np.log10(left)) > 0.5


def test_charts_are_seen(photos):
    plain, chart = (samples(photos, replace(PLAIN, chart_prob=n))[3]["sharp"] for n in (0.0, 1.0))
    assert (plain - chart).abs().mean() > 0.01


def test_a_camera_that_drifts_blurs_the_whole_window_and_hardly_the_shortest(photos):
    config = replace(PLAIN, focus_prob=1.0)
    still, moving = (samples(photos, replace(config, drift_prob=n)) for n in (0.0, 1.0))

    def errors(of):
        found = [(of[n]["rates"][[0, 3]] - of[n]["sharp"]).abs().mean((1, 2)) for n in range(8)]
        return torch.stack(found).mean(0)

    whole, shortest = errors(moving) - errors(still)
    assert whole > 0.01
    # An eighth of the time is an eighth of the way.
    assert shortest < 0.35 * whole


def test_out_of_focus_it_is_smoother(photos):
    blurry = [samples(photos, replace(PLAIN, focus_prob=0.0))[number] for number in range(12)]

    def steepness(picture):
        return picture.diff(dim=1).abs().max()

    flatter = [steepness(s["rates"][-1]) / steepness(s["sharp"][0]) for s in blurry]
    assert np.mean(flatter) < 0.8
    means = [(s["rates"][-1].mean() / s["sharp"].mean()).item() for s in blurry]
    assert np.mean(means) == pytest.approx(1, abs=0.05)


def test_light_and_length_are_drawn_by_lot(photos):
    drawn = [samples(photos, CONFIG)[number] for number in range(40)]
    levels, frames = ([float(s[name]) for s in drawn] for name in ("level", "frames"))
    assert min(levels) < 0.06
    assert max(levels) > 0.6
    assert {25 <= count <= 60 and count % 2 == 1 for count in frames} == {True}
    assert len(set(frames)) > 10


def test_a_pattern_nobody_knows_of_is_that_of_a_usual_pixel(photos):
    config = replace(PLAIN, fpn_prob=1.0, focus_prob=1.0)
    ratios = []
    for number in range(6):
        sample = samples(photos, config)[number]
        ratios.append(float(sample["rates"][-1].median() / sample["sharp"].median()))
    assert np.abs(np.array(ratios) - 1).max() < 0.08


def test_pairs_that_were_taken_are_taken(dpdd, tmp_path):
    dpdd(tmp_path)
    both = DefocusSamples(None, sc.read_dpdd(tmp_path), PLAIN, seed=0, length=9)
    sample = both[0]
    assert (sample["rates"][-1] - sample["sharp"][0]).abs().mean() > 0.02
    # A share of them is seen in focus, as what is simulated is.
    focused = DefocusSamples(None, both.pairs, replace(PLAIN, focus_prob=1.0), seed=0, length=9)[0]
    assert (focused["rates"][-1] - focused["sharp"][0]).abs().mean() < 0.002


def test_pairs_stand_beside_pictures(photos, dpdd, tmp_path):
    pairs = sc.read_dpdd(dpdd(tmp_path))
    paths = sorted(photos.glob("*.png"))
    pictures = PictureCrops(paths, SIDE, seed=0, length=99)
    both = DefocusSamples(pictures, pairs, PLAIN, seed=0, length=99)
    alone = samples(photos, PLAIN)
    same = [torch.equal(both[number]["sharp"], alone[number]["sharp"]) for number in range(12)]
    assert 2 <= sum(same) <= 10


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"crop": 60}, "a crop is a multiple of 8"),
        ({"window": (23, 50)}, "a window is two numbers from 25 on"),
        ({"window": (60, 60)}, "with an odd one"),
        ({"radius": 17.0}, "a radius is from 0 to 16 pixels"),
        ({"white_rate": (0.0, 1.0)}, "a white_rate is two numbers above 0"),
        ({"white_rate": (0.1, np.inf)}, "a white_rate is two numbers above 0"),
        ({"noise_prob": 2.0}, "noise_prob is a share"),
    ],
)
def test_samples_that_cannot_be_are_refused(values, said):
    with pytest.raises(sc.OptionError, match=said):
        DefocusConfig(**values)


def test_windows_are_as_long_as_the_maps_need():
    assert RefocuserInputConfig.min_window == MIN_DEFOCUS_WINDOW
