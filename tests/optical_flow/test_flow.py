"""Optical flow from one frame to another: values, directions, and what is refused."""

from itertools import pairwise

import numpy as np
import pytest

import spikecam as sc
from spikecam.optical_flow.steps import compose_flows, split_into_steps
from spikecam.reconstruction.scene_cuts import find_scene_cuts


def moving_stripes(velocity, frames=160, height=48, width=64, seed=0):
    """A recording of a random smooth texture that moves to the right."""
    rng = np.random.default_rng(seed)
    waves = rng.uniform(0.05, 0.35, (12, 2)), rng.uniform(0, 7, 12)
    y, x = np.mgrid[:height, :width]

    def light(frame):
        places = np.stack([y, x - velocity * frame])
        angles = np.tensordot(waves[0], places, 1) * 2 * np.pi / 2 + waves[1][:, None, None]
        return 0.5 + 0.04 * np.sin(angles).sum(axis=0)

    return sc.simulate([np.clip(light(frame), 0, 1) for frame in range(frames)], seed=0)


@pytest.fixture(scope="module")
def stripes():
    return moving_stripes(0.1)


def inner_median(flow):
    return np.median(flow[10:-10, 10:-14], axis=(0, 1))


def test_flow_is_the_motion_from_one_frame_to_the_other(stripes):
    flow = sc.flow(stripes, at=60, to=90)
    assert (flow.shape, flow.dtype) == ((48, 64, 2), np.float32)
    np.testing.assert_allclose(inner_median(flow), [3, 0], atol=0.15)
    np.testing.assert_allclose(inner_median(sc.flow(stripes, 90, 60)), [-3, 0], atol=0.15)


def test_a_long_way_is_made_of_steps(stripes):
    direct, steps = (sc.flow(stripes, 40, 100, reach=reach) for reach in (64, 20))
    np.testing.assert_allclose(inner_median(direct), [6, 0], atol=0.2)
    np.testing.assert_allclose(inner_median(steps), [6, 0], atol=0.3)


def test_flow_of_an_oriented_recording_is_oriented(stripes):
    turned = sc.flow(stripes.rotate(90), 60, 90)
    assert turned.shape == (64, 48, 2)
    np.testing.assert_allclose(np.median(turned[10:-14, 10:-10], axis=(0, 1)), [0, 3], atol=0.15)


def test_steps_follow_each_other_without_a_gap():
    for at, to, count in ((3, 40, 4), (40, 3, 4), (5, 6, 9), (9, 2, 1)):
        steps = split_into_steps(at, to, count)
        assert (steps[0][0], steps[-1][1]) == (at, to)
        assert all(before[1] == after[0] for before, after in pairwise(steps))
        assert all(start != stop for start, stop in steps)


def test_composed_flow_is_read_where_the_first_leads():
    first = np.zeros((4, 8, 2), np.float32)
    first[..., 0] = 2
    second = np.zeros_like(first)
    second[..., 1] = np.arange(8)
    composed = compose_flows(first, second)
    assert composed[0, :, 0].tolist() == [2] * 8
    assert composed[0, :, 1].tolist() == [2, 3, 4, 5, 6, 7, 7, 7]


@pytest.mark.parametrize("method", ["paths"])
def test_what_cannot_be_is_refused_before_work(stripes, method):
    for pair, error, words in (
        ((60, 60), sc.OptionError, "both are frame 60; choose two"),
        ((60, 160), sc.RangeError, "160"),
        ((-1, 60), sc.RangeError, "-1"),
        ((60, 70.5), sc.OptionError, "whole numbers"),
    ):
        with pytest.raises(error, match=words):
            sc.flow(stripes, *pair, method)
    with pytest.raises(sc.OptionError, match="reach is at least 1"):
        sc.flow(stripes, 60, 70, method, reach=0)


def test_frames_that_are_too_small_are_refused(stripes):
    for size, words in (((0, 1), "1x1"), ((0, 15), "15x15")):
        with pytest.raises(sc.GeometryError, match=f"at least 16 pixels a side, .* {words}"):
            sc.flow(stripes.crop(size, size), 60, 70)


def test_methods_of_pictures_are_no_methods_of_flow(stripes):
    with pytest.raises(sc.OptionError, match=r"tfp takes spikes, not spikes at two frames; .*path"):
        sc.flow(stripes, 60, 70, "tfp")
    with pytest.raises(sc.OptionError, match="paths takes spikes at two frames, not spikes;"):
        sc.reconstruct(stripes, 60, "paths")


def test_flow_after_a_cut_is_that_of_its_scene(stripes):
    other = np.asarray(stripes[:40])[:, ::-1, ::-1]
    spliced = sc.SpikeStream.from_array(np.concatenate([other, stripes[40:]]).astype(bool))
    assert find_scene_cuts(spliced, 0, len(spliced)) == [40]
    expected = sc.flow(stripes[40:], at=30, to=50)
    np.testing.assert_allclose(sc.flow(spliced, at=70, to=90), expected, atol=1e-5)
    with pytest.raises(
        sc.RangeError, match="different scenes, of which the second begins at frame 40"
    ):
        sc.flow(spliced, at=50, to=30)
