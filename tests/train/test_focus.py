"""Scenes out of focus, and runs on them, as small as they can be."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.networks.refocuser import Refocuser
from spikecam.train.config import RunConfig
from spikecam.train.focus import MARGIN, Focus, FocusConfig, draw_sensor, softened
from spikecam.train.job import Job
from spikecam.train.pictures import Pictures
from spikecam.train.refocus import RefocuserStage, missed, muon
from spikecam.train.refocusing import train_refocuser
from spikecam.train.run import Report

SIDE = 64 + 2 * MARGIN
CONFIG = FocusConfig(crop=64, frames=(25, 60))
NONE = ("soft", "charts", "points", "noise", "spurious", "patterned", "drifting")
NO_NOISE = dict.fromkeys(NONE, 0.0)
PLAIN = replace(CONFIG, **NO_NOISE, levels=(0.5, 0.5), frames=(401, 401))
SIZE = RefocuserConfig(
    width=8, middle_width=8, deep_width=8, blocks=1, deep_blocks=1, score_blocks=1
)
RUN = RunConfig(epochs=2, steps=2, batch=2, lr=1e-3, workers=0, accelerator="cpu")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures with edges."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(4):
        coarse = np.random.default_rng(i).integers(0, 256, (15, 20), np.uint8)
        sc.save(folder / f"{i}.png", np.kron(coarse, np.ones((8, 8), np.uint8)))
    return folder


def samples(photos, config):
    paths = sorted(photos.glob("*.png"))
    return Focus(Pictures(paths, SIDE, seed=0, length=99), [], config, seed=0, length=99)


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
        sample = samples(photos, replace(PLAIN, sharp=1.0))[number]
        assert (sample["rates"][-1] - sample["sharp"][0]).abs().mean() < 0.002


def test_soft_scenes_and_points_of_light_are_seen_as_they_are(photos, monkeypatch):
    monkeypatch.setattr("spikecam.train.focus._SOFT", (1.5, 1.5))
    monkeypatch.setattr("spikecam.train.focus._LARGER", (3.0, 3.0))

    def truth(**shares):
        return samples(photos, replace(PLAIN, **shares))[3]["sharp"][0]

    def steepness(picture):
        return picture.diff(dim=1).abs().max()

    soft, plain, pointed = truth(soft=1.0), truth(), truth(points=1.0)
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
        soft = softened(sharp, rng)
        assert soft.shape == sharp.shape
        assert soft.dtype == np.float32
        assert 0 <= soft.min() < soft.max() <= 1
        left.append(detail(soft) / detail(sharp))
    assert np.median(left) < 0.2
    assert max(left) > 0.5
    # They fall in many ways.
    assert np.std(np.log10(left)) > 0.5


def test_charts_are_seen(photos):
    plain, chart = (samples(photos, replace(PLAIN, charts=n))[3]["sharp"] for n in (0.0, 1.0))
    assert (plain - chart).abs().mean() > 0.01


def test_sensors_have_the_faults_that_are_asked_for():
    rng = np.random.default_rng(0)
    without, with_all = (
        [draw_sensor(rng, replace(PLAIN, noise=n, spurious=n), level=0.3) for _ in range(20)]
        for n in (0.0, 1.0)
    )
    for sensor in without:
        assert sensor == sc.Sensor(gain=0.3)
    for sensor in with_all:
        assert 100 <= sensor.photons <= 20000
        assert 0 < sensor.reset_noise <= 0.05
        assert 140 <= sensor.spurious_gap[0] <= 5000


def test_a_camera_that_drifts_blurs_the_whole_window_and_hardly_the_shortest(photos):
    config = replace(PLAIN, sharp=1.0)
    still, moving = (samples(photos, replace(config, drifting=n)) for n in (0.0, 1.0))

    def errors(of):
        found = [(of[n]["rates"][[0, 3]] - of[n]["sharp"]).abs().mean((1, 2)) for n in range(8)]
        return torch.stack(found).mean(0)

    whole, shortest = errors(moving) - errors(still)
    assert whole > 0.01
    # An eighth of the time is an eighth of the way.
    assert shortest < 0.35 * whole


def test_out_of_focus_it_is_smoother(photos):
    blurry = [samples(photos, replace(PLAIN, sharp=0.0))[number] for number in range(12)]

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
    config = replace(PLAIN, patterned=1.0, sharp=1.0)
    ratios = []
    for number in range(6):
        sample = samples(photos, config)[number]
        ratios.append(float(sample["rates"][-1].median() / sample["sharp"].median()))
    assert np.abs(np.array(ratios) - 1).max() < 0.08


def dpdd(folder):
    rng = np.random.default_rng(0)
    for part in ("train", "val"):
        for i in range(2):
            sharp = np.kron(rng.random((14, 14)), np.ones((8, 8)))
            for side, picture in (("source", sc.defocus_picture(sharp, 3.0)), ("target", sharp)):
                sc.write_picture(folder / f"{part}_c" / side / f"{i}.png", picture)
    return folder


def test_pairs_that_were_taken_are_taken(tmp_path):
    dpdd(tmp_path)
    both = Focus(None, sc.read_dpdd(tmp_path), PLAIN, seed=0, length=9)
    sample = both[0]
    assert (sample["rates"][-1] - sample["sharp"][0]).abs().mean() > 0.02
    # A share of them is seen in focus, as what is simulated is.
    focused = Focus(None, both.pairs, replace(PLAIN, sharp=1.0), seed=0, length=9)[0]
    assert (focused["rates"][-1] - focused["sharp"][0]).abs().mean() < 0.002


def test_pairs_stand_beside_pictures(photos, tmp_path):
    pairs = sc.read_dpdd(dpdd(tmp_path))
    paths = sorted(photos.glob("*.png"))
    pictures = Pictures(paths, SIDE, seed=0, length=99)
    both = Focus(pictures, pairs, PLAIN, seed=0, length=99)
    alone = samples(photos, PLAIN)
    same = [torch.equal(both[number]["sharp"], alone[number]["sharp"]) for number in range(12)]
    assert 2 <= sum(same) <= 10


def test_pairs_and_folders_are_checked_before_work(tmp_path):
    def refused(folder, said):
        with pytest.raises(sc.FileError, match=said):
            train_refocuser(Job([folder], tmp_path / "run"), RUN, SIZE, CONFIG)

    dpdd(tmp_path / "data" / "dpdd")
    refused(tmp_path / "data", "train_c looks like a part of DPDD, whose pictures are out of focus")
    refused(tmp_path / "data" / "dpdd" / "val_c", "val_c looks like a part of DPDD")
    refused(tmp_path / "data" / "dpdd" / "train_c" / "source", "source looks like a part of DPDD")
    sc.write_picture(tmp_path / "data/dpdd/train_c/source/0.png", np.zeros((90, 112)))
    refused(tmp_path / "data" / "dpdd", "are not of one size of at least 96x96")


def test_a_run_resumes_to_the_same_weights(photos, tmp_path):
    def trained(name, config):
        path = train_refocuser(Job([photos], tmp_path / name), config, SIZE, CONFIG)
        return sc.load_weights(path, "refocuser")[0].state_dict()

    whole = trained("whole", RUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikecam.train.refocus.RefocuserStage.on_train_epoch_start", stopped)
        with pytest.raises(KeyboardInterrupt):
            trained("cut", RUN)
    cut = trained("cut", RUN)
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def stopped(stage):
    if stage.current_epoch == 1:
        raise KeyboardInterrupt


def test_it_learns(photos, tmp_path):
    config = replace(RUN, epochs=1, steps=60, batch=4, lr=4e-3)
    focus = replace(PLAIN, frames=(50, 60), sharp=0.0)
    job = Job([dpdd(tmp_path / "dpdd")], tmp_path / "run")
    path = train_refocuser(job, config, replace(SIZE, width=16), focus)
    scores = dict(sc.load_weights(path)[1].scores)
    assert float(scores["val/psnr"]) > float(scores["val/psnr_tfp"]) + 1


def test_the_loss_is_least_where_the_right_map_is_scored_highest():
    make = torch.Generator().manual_seed(0)
    rates, maps = (
        torch.rand(2, 5, 64, 64, generator=make),
        torch.rand(2, 36, 64, 64, generator=make),
    )
    told = {"brightness": torch.full((2,), 0.5), "frames": torch.full((2,), 101.0)}
    told |= {"energies": torch.rand(2, 21, 8, 8, generator=make), "level": torch.ones(2)}
    batch = {"rates": rates, "deconvolved": maps, "sharp": maps[:, 9:10], **told}
    stage = RefocuserStage(SIZE)
    losses = []
    for scored in range(37):
        stage.network.score.bias.data = 5 * torch.eye(37)[scored]
        losses.append(stage.loss(batch).item())
    assert np.argmin(losses) == 9


def test_muon_takes_the_convolutions_and_adam_the_rest():
    network = Refocuser(SIZE)
    names = {id(values): name for name, values in network.named_parameters()}
    inner, outer = (
        [names[id(values)] for values in group["params"]]
        for group in muon(network, 1e-3).param_groups
    )
    assert sorted(inner + outer) == sorted(names.values())
    ends = ("each.", "score.", "predict.")
    assert set(outer) == {name for name in names.values() if name.startswith(ends)} | {
        name for name in names.values() if name.endswith(".bias")
    }


def test_an_epochs_line_tells_measures_alone(photos, tmp_path):
    said = []
    job = Job([photos], tmp_path / "run", report=Report(said.append))
    train_refocuser(job, replace(RUN, epochs=1), SIZE, CONFIG)
    (line,) = (one for one in said if one.startswith("epoch"))
    assert re.fullmatch(
        r"epoch 1/1: train/loss \S+, val/psnr \S+, val/psnr_tfp \S+, \d+ s", line
    ), line


def test_scores_are_right_where_errors_are_small():
    """The less a map is off, about a cell and not only in it, the higher it is to be scored."""
    errors = torch.full((1, 3, 64, 64), 0.1)
    errors[:, 0, :, :32] = errors[:, 1, :, 32:] = 0.01
    # A cell alone in which another map is better.
    errors[:, 2, :8, :8] = 0.001
    halves = torch.zeros(1, 3, 8, 8)
    halves[:, 0, :, :4] = halves[:, 1, :, 4:] = 3
    alone = halves.clone()
    alone[:, 0, 0, 0], alone[:, 2, 0, 0] = 0, 3
    flat = torch.zeros_like(halves)
    losses = [missed(errors, one).item() for one in (halves, alone, flat, -halves)]
    assert losses == sorted(losses)
    assert losses[0] < 0.5 * losses[2]
    # As right as can be: errors of equal maps deserve equal shares.
    assert missed(torch.ones(1, 4, 16, 16), torch.zeros(1, 4, 2, 2)).item() == pytest.approx(
        np.log(4)
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"crop": 60}, "a crop is a multiple of 8"),
        ({"frames": (23, 50)}, "frames are two numbers from 25 on"),
        ({"frames": (60, 60)}, "with an odd one"),
        ({"radius": 17.0}, "a radius is from 0 to 16 pixels"),
        ({"levels": (0.0, 1.0)}, "levels are two numbers above 0"),
        ({"levels": (0.1, np.inf)}, "levels are two numbers above 0"),
        ({"noise": 2.0}, "noise is a share"),
    ],
)
def test_samples_that_cannot_be_are_refused(values, said):
    with pytest.raises(sc.OptionError, match=said):
        FocusConfig(**values)
