from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.charge import iter_span_charges


def neutral(shape):
    ones = np.ones(shape, np.float32)
    return FixedPattern.from_maps(0 * ones, ones, ones)


@pytest.fixture(params=[True, False], ids=["dead frame", "no dead frame"])
def fpn(request):
    return replace(FixedPattern.random((5, 13), seed=2), dead_frame=request.param)


def test_without_a_pattern_every_spike_weighs_one(spikes):
    stream = sc.SpikeStream.from_array(spikes(60, 5, 13))
    plain = np.stack(list(sc.reconstruct_frames(stream, "tfp", window=9)))
    weighed = np.stack(list(sc.reconstruct_frames(stream, "tfp", window=9, fpn=neutral((5, 13)))))
    assert weighed == pytest.approx(plain, abs=1e-6)
    [counted] = iter_span_charges(stream, [(7, 31)])
    [corrected] = iter_span_charges(stream, [(7, 31)], fpn=neutral((5, 13)))
    assert corrected == pytest.approx(counted)


def test_sliding_agrees_with_each_window_by_itself(spikes, fpn):
    stream = sc.SpikeStream.from_array(spikes(80, 5, 13))
    run = list(sc.reconstruct_frames(stream, "tfp", window=21, fpn=fpn))
    for frame, picture in zip(range(10, 70), run, strict=True):
        alone = sc.reconstruct(stream, frame, window=21, fpn=fpn)
        assert picture == pytest.approx(alone, abs=1e-5)


def test_slow_pixels_agree_wherever_a_run_begins(spikes, fpn):
    stream = sc.SpikeStream.from_array(spikes(2500, 5, 13, rate=1 / 300))
    run = list(sc.reconstruct_frames(stream, "tfp", window=401, frames=range(300, 2200), fpn=fpn))
    for frame in (300, 700, 1500, 2199):
        alone = sc.reconstruct(stream, frame, window=401, fpn=fpn)
        assert run[frame - 300] == pytest.approx(alone, abs=1e-5)


def test_each_spike_weighs_what_its_interval_says(fpn):
    frames = np.zeros((60, 5, 13), np.uint8)
    times = [3, 9, 12, 30, 31, 50]
    frames[times] = 1
    stream = sc.SpikeStream.from_array(frames)
    # The window [10, 51) holds the spikes that end intervals of 3, 18, 1 and 19 frames.
    ended = sum(fpn.interval_weight(np.full(fpn.shape, n, np.float32)) for n in (3, 18, 1, 19))
    rate = np.clip(ended / 41, 0, 1)
    good = fpn.bad == 0
    found = sc.reconstruct(stream, 30, window=41, fpn=fpn)
    assert found[good] == pytest.approx(rate[good], rel=1e-5)


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
def test_a_steady_scene_comes_out_uniform(method, steady):
    fpn = FixedPattern.random((20, 24), seed=3)
    clean = np.tile(np.linspace(0.1, 0.5, 24, dtype=np.float32), (20, 1))
    stream = steady(fpn.distort(clean), 600)
    before, after = (
        np.mean(list(sc.reconstruct_frames(stream, method, frames=range(400, 500), fpn=f)), axis=0)
        for f in (None, fpn)
    )
    uneven = [np.median(p.std(axis=0) / p.mean(axis=0)) for p in (before, after)]
    assert uneven[1] < 0.3 * uneven[0]
    assert method == "tfstp" or after == pytest.approx(clean, rel=0.1)


@pytest.mark.parametrize("dead_frame", [True, False])
def test_charge_of_steady_light_is_exact(steady, dead_frame):
    fpn = replace(FixedPattern.random((8, 9), seed=3), dead_frame=dead_frame)
    clean = np.full((8, 9), 0.2, np.float32)
    stream = steady(fpn.distort(clean), 300)
    good = fpn.bad == 0
    [collected] = iter_span_charges(stream, [(100, 157)], fpn=fpn)
    assert collected[good] == pytest.approx(57 * 0.2, rel=0.02)


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
def test_a_pattern_of_another_camera_is_refused(method, steady):
    with pytest.raises(sc.GeometryError, match="13x5"):
        sc.reconstruct(steady(np.ones((4, 4)), 50), method=method, fpn=neutral((5, 13)))
