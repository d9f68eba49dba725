"""Metrics of the tables of the benches: those that can be had, and pictures without a value."""

import math

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.metric_availability import choose_metrics, mean_score, score_picture
from spikecam.metrics import learned

CANDIDATES = ("psnr", "niqe", "brisque")


@pytest.fixture
def without_niqe(monkeypatch):
    def missing(picture, *, data_range):
        raise sc.SpikecamError("its parameters are missing; install them")

    monkeypatch.setattr(learned, "niqe", missing)
    monkeypatch.setattr(learned, "brisque", lambda picture, *, data_range: 7.0)


def test_what_cannot_be_had_is_left_out_with_the_reason(without_niqe):
    lines = []
    names, left_out = choose_metrics(None, CANDIDATES, lines.append)
    assert names == ["psnr", "brisque"]
    assert left_out == {"niqe": "NIQE is left out: its parameters are missing; install them"}
    assert lines == list(left_out.values())


def test_without_truth_there_are_those_that_need_none(without_niqe):
    names, _ = choose_metrics(None, CANDIDATES, lambda line: None, has_truth=False)
    assert names == ["brisque"]
    with pytest.raises(sc.OptionError, match="psnr compares with the truth"):
        choose_metrics(["psnr"], CANDIDATES, print, has_truth=False)


def test_what_was_named_or_all_missing_is_an_error(without_niqe):
    assert choose_metrics(["ssim"], CANDIDATES, print) == (["ssim"], {})
    with pytest.raises(sc.SpikecamError, match=r"^its parameters are missing"):
        choose_metrics(["psnr", "niqe"], CANDIDATES, print)
    with pytest.raises(sc.SpikecamError, match=r"^NIQE is left out"):
        choose_metrics(None, ["niqe"], print)


def test_a_picture_without_a_value_has_a_blank_cell(naturalness):
    picture = np.random.default_rng(0).random((20, 30), np.float32)
    scores = score_picture(picture, picture, ["brisque", "psnr", "niqe"])
    assert list(scores) == ["brisque", "psnr", "niqe"]
    assert scores["psnr"] == math.inf
    assert scores["brisque"] > 0
    assert math.isnan(scores["niqe"])
    assert mean_score([1.0, scores["niqe"]]) is None
    assert mean_score([]) is None
    assert mean_score([1.0, 2.0]) == 1.5
    assert mean_score([1.0, math.inf]) == math.inf


def test_a_picture_that_cannot_be_compared_is_refused():
    picture = np.zeros((20, 30), np.float32)
    with pytest.raises(sc.OptionError):
        score_picture(picture, picture[:-1], ["psnr"])
