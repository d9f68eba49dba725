"""Rigs whose pictures have known encodings."""

import numpy as np
import pytest

from spikecam.bench.encodings import (
    CONDITIONS,
    CurveErrors,
    RigScene,
    count_refused,
    iter_wrong_pairs,
    make_curves,
    make_rigs,
    measure_curve_errors,
    record_pair,
    summarise_errors,
)
from spikecam.encoding import SRGB


@pytest.fixture(scope="module")
def scenes():
    """Scenes of random squares that stand still."""
    made = []
    for seed in range(5):
        colours = np.random.default_rng(seed).random((10, 14, 3)).astype(np.float32)
        fine = np.kron(colours, np.ones((16, 16, 1), np.float32))
        light = np.repeat(fine[None, ::4, ::4], 234, axis=0)
        made.append(RigScene(light, (fine, fine)))
    return made


def test_every_curve_has_every_condition():
    rigs = make_rigs()
    assert len(rigs) == 60
    assert {(rig.curve, rig.threshold, rig.amiss) for rig in rigs} == {
        (curve, *condition) for curve in make_curves() for condition in CONDITIONS
    }
    assert {rig.scene for rig in rigs} == set(range(5))
    again = make_rigs()
    assert [rig.encoding.colour_weights for rig in rigs] == [
        rig.encoding.colour_weights for rig in again
    ]
    assert [rig.curve for rig in make_rigs(2)] == ["linear", "S-curve -0.2"]


def test_curves_are_those_of_cameras():
    values = np.linspace(0, 1, 100)
    for curve in make_curves().values():
        light = curve.decode(values)
        assert (light[0], light[-1]) == (0, 1)
        assert (np.diff(light) > 0).all()
    steep, srgb = make_curves()["S-curve +0.2"], SRGB
    assert steep.decode(0.3) > srgb.decode(0.3)


def test_errors_of_a_rig_without_faults_are_small(scenes):
    rig = next(rig for rig in make_rigs() if (rig.curve, rig.threshold) == ("srgb", 1))
    pair = record_pair(rig, scenes[rig.scene])
    assert pair.picture.shape == (160, 224, 3)
    errors = measure_curve_errors(pair)
    assert errors.measured is not None
    assert errors.mean < 0.02
    assert errors.within > 0.5


def test_pairs_of_other_scenes_are_refused(scenes):
    rigs = [rig for rig in make_rigs() if rig.curve == "srgb"][:2]
    pairs = [record_pair(rig, scenes[rig.scene]) for rig in rigs]
    rows = {row["pair"]: row for row in count_refused(iter_wrong_pairs(pairs))}
    assert rows["another scene"]["refused"] == 1
    assert rows["mirrored"]["refused"] == 1
    assert rows["another scene"]["pairs"] == 2


def test_errors_are_summarised_by_group():
    rigs = make_rigs()[:2]
    errors = [
        CurveErrors(rigs[0], "srgb", 0.01, 0.02, 1.0, False),
        CurveErrors(rigs[1], None, float("nan"), float("nan"), 0.0, False),
    ]
    first, second, both = summarise_errors(errors, lambda rig: rig.amiss, "condition")
    assert first["mean difference"] == both["mean difference"] == 0.01
    assert second["mean difference"] is None
    assert (both["condition"], both["rigs"]) == ("all", 2)
