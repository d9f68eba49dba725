import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.errors import OptionError
from spikecam.scenes.depth import random_inverse_depth


@given(st.integers(1, 80), st.integers(1, 80), st.integers(0, 1000))
def test_inverse_depth_is_a_map_of_the_size_in_range(height, width, seed):
    near = random_inverse_depth((height, width), seed=seed)
    assert near.shape == (height, width)
    assert near.dtype == np.float32
    assert 0 <= near.min() <= near.max() <= 1


def test_a_seed_is_a_scene():
    assert np.array_equal(*(random_inverse_depth((40, 60), seed=3) for _ in range(2)))
    assert not np.array_equal(*(random_inverse_depth((40, 60), seed=seed) for seed in (3, 4)))


def test_scenes_have_steps_slopes_and_now_and_then_one_distance():
    scenes = [random_inverse_depth((64, 96), seed=seed) for seed in range(60)]
    flat = [bool(np.ptp(near) == 0) for near in scenes]
    steps = [float(np.abs(np.diff(near)).max()) for near in scenes]
    assert 1 <= sum(flat) <= 15
    assert sum(step > 0.1 for step in steps) > 25
    # A slope over the whole picture, without any step.
    assert sum(0 < step < 0.02 for step in steps) >= 2


@pytest.mark.parametrize("kind", ["_MAX_WALLS", "_MAX_BLOBS"])
def test_each_kind_of_thing_stands_in_front_by_itself(kind, monkeypatch):
    def steps(seed):
        return float(np.abs(np.diff(random_inverse_depth((64, 96), seed=seed))).max()) > 0.1

    other = {"_MAX_WALLS": "_MAX_BLOBS", "_MAX_BLOBS": "_MAX_WALLS"}[kind]
    monkeypatch.setattr(f"spikecam.scenes.depth.{other}", 0)
    assert sum(steps(seed) for seed in range(40)) > 10
    monkeypatch.setattr(f"spikecam.scenes.depth.{kind}", 0)
    assert not any(steps(seed) for seed in range(40))


@pytest.mark.parametrize("shape", [(0, 4), (4, 2.5)])
def test_a_scene_without_a_side_is_refused(shape):
    with pytest.raises(OptionError, match="height and a width in whole pixels"):
        random_inverse_depth(shape, seed=0)


def test_a_seed_below_0_is_refused():
    with pytest.raises(OptionError, match="a seed is a whole number"):
        random_inverse_depth((4, 4), seed=-1)
