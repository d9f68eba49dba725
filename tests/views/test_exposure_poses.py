"""Poses at the start and the end of an exposure, fitted to a blurry picture."""

import numpy as np
import pytest

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.exposure_poses import (
    exposure_corrections,
    exposure_times,
    numbered_exposures,
)
from spikecam.views.gaussians import Gaussians
from spikecam.views.rendering import render

LENS = Intrinsics(40, 30, 40.0, 40.0, 20.0, 15.0)


def test_exposures_of_pictures_lie_around_their_numbers():
    exposures = numbered_exposures(2)
    np.testing.assert_allclose(exposures, [[-0.25, 0.25], [0.75, 1.25]])
    first, second = exposure_times(exposures)
    np.testing.assert_allclose(first, np.linspace(-0.225, 0.225, 10))
    np.testing.assert_allclose(second, np.array(first) + 1)


def test_the_first_motion_is_small_and_not_zero():
    twists = exposure_corrections(numbered_exposures(3), 2.0).twists
    assert twists.shape == (6, 6)
    assert 0 < np.abs(twists).max() < 0.01
    assert (
        np.abs(twists - exposure_corrections(numbered_exposures(3), 2.0, seed=1).twists).max() > 0
    )


def test_motion_within_an_exposure_is_fitted(scene_of):
    scene = scene_of(60)
    still = Camera(LENS, np.eye(4) + np.pad([[3.0]], ((2, 1), (3, 0))))
    exposures = numbered_exposures(1)
    (times,) = exposure_times(exposures)

    def views_by(corrections):
        return [render(scene, corrections.correct(still, time)) for time in times]

    corrections = exposure_corrections(exposures, 3.0)
    corrections.twists[:] = 0
    corrections.twists[:, 0] = -0.06, 0.06
    blurry = np.mean([view.picture for view in views_by(corrections)], axis=0)
    corrections = exposure_corrections(exposures, 3.0)
    gradients = Gaussians(*(np.zeros_like(values) for values in scene.parameters()))
    losses = []
    for _ in range(120):
        views = views_by(corrections)
        error = np.mean([view.picture for view in views], axis=0) - blurry
        losses.append(np.square(error).mean())
        for view, time in zip(views, times, strict=True):
            corrections.add_gradient(time, view.add_gradients(gradients, error))
        corrections.step(0.002)
    assert losses[-1] < losses[0] / 20
    # The picture does not say in which direction of time.
    assert abs(np.diff(corrections.twists[:, 0])[0]) == pytest.approx(0.12, rel=0.2)
