import numpy as np
import pytest

import spikecam as sc
from spikecam.reconstruction.multi_scale_rates import multi_scale_rates, multi_scale_spans


@pytest.mark.parametrize("window", [25, 51, 101, 401])
def test_spans_lie_around_the_same_frame(window):
    spans = multi_scale_spans(window)
    lengths = [stop - start for start, stop in spans]
    assert spans[0] == (0, window)
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == 4
    assert {start + stop for start, stop in spans} == {window}


def test_the_first_is_tfp_and_the_others_are_shorter_ones(spikes):
    stream = sc.SpikeStream.from_array(spikes(80, 6, 9))
    rates = multi_scale_rates(stream, 40, 51)
    assert rates.shape == (5, 6, 9)
    for rate, (start, stop) in zip(rates, multi_scale_spans(51), strict=False):
        assert np.array_equal(rate, sc.reconstruct(stream, 40, window=stop - start))


def test_the_last_is_exact_for_light_that_stays(steady):
    light = np.linspace(0.02, 0.2, 12).reshape(3, 4)
    rates = multi_scale_rates(steady(light, 101), 50, 101)
    assert np.abs(rates[-1] - light).mean() < 0.3 * np.abs(rates[0] - light).mean()


def test_a_fixed_pattern_is_undone():
    light = np.full((20, 30), 0.3, np.float32)
    camera = sc.FixedPattern.random((20, 30), seed=0)
    stream = sc.simulate((light for _ in range(201)), sc.Sensor(), fpn=camera, seed=0)
    seen = multi_scale_rates(stream, 100, 201)
    mended = multi_scale_rates(stream, 100, 201, fpn=camera)
    for with_pattern, without in zip(seen[[0, -1]], mended[[0, -1]], strict=True):
        assert np.abs(without - 0.3).mean() < 0.2 * np.abs(with_pattern - 0.3).mean()


def test_one_field_of_uniform_light_is_enough_to_undo_it():
    """The ratio form of gamma, Eq. 13."""

    def seen(level, seed):
        light = np.full((20, 30), level, np.float32)
        return sc.simulate((light for _ in range(401)), sc.Sensor(), fpn=camera, seed=seed)

    camera = sc.FixedPattern.random((20, 30), seed=0)
    held = sc.calibrate_fpn([seen(0.3, 0)])
    stream = seen(0.2, 1)
    raw, mended = (multi_scale_rates(stream, 200, 401, fpn=fpn)[[0, -1]] for fpn in (None, held))
    for before, after in zip(raw, mended, strict=True):
        assert after.std() / after.mean() < 0.35 * before.std() / before.mean()


def test_where_nothing_fires_nothing_is_told(spikes):
    frames = spikes(51, 6, 9)
    frames[:, :, :4] = 0
    rates = multi_scale_rates(sc.SpikeStream.from_array(frames), 25, 51)
    assert not rates[:, :, :4].any()
    assert rates[:, :, 4:].all(axis=(1, 2)).any()


def test_what_cannot_be_is_refused(spikes):
    stream = sc.SpikeStream.from_array(spikes(40, 6, 9))
    with pytest.raises(sc.RangeError):
        multi_scale_rates(stream, 20, 51)
    with pytest.raises(sc.GeometryError):
        multi_scale_rates(stream, 20, 25, fpn=sc.FixedPattern.random((9, 6), seed=0))
