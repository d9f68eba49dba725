"""Flights through scenes of Gaussians: their light, and when they are rendered."""

from dataclasses import replace

import numpy as np
import pytest

from spikecam.encoding import SRGB
from spikecam.srgb import srgb_to_linear
from spikecam.views.camera import Intrinsics
from spikecam.views.display_pictures import display_picture
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.flight import iter_flight_light
from spikecam.views.gaussian_flight import fitted_flight, gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.key_frames import iter_key_frames
from spikecam.views.observations import observe_pictures
from spikecam.views.orbit import orbit_path
from spikecam.views.rendering import render

LENS = Intrinsics.from_field_of_view(24, 16, 0.8)
PATH = orbit_path((2, 0, -1), 4, 60, turns=0.05)


def camera_at(time):
    return PATH.camera_at(time, LENS)


def gray_scene(scene):
    return replace(scene, harmonics=np.ascontiguousarray(scene.harmonics[..., :1]))


@pytest.mark.parametrize("background", [0.0, 1.0])
@pytest.mark.parametrize("scene_of", [lambda scene: scene, gray_scene], ids=["colours", "gray"])
def test_light_is_the_decoded_render(ball, scene_of, background):
    scene = scene_of(ball)
    flight = gaussian_flight(scene, camera_at, 61, background=background)
    assert flight.shape == (16, 24)
    camera = camera_at(30)
    light = flight.render(camera)
    values = display_picture(render(scene, camera, background=background))
    np.testing.assert_allclose(light, srgb_to_linear(values), atol=1e-5)
    assert light.max() <= 1


def test_frames_between_key_frames_are_nearly_those_that_are_rendered(ball):
    scene = gray_scene(ball)
    flight = gaussian_flight(scene, camera_at, 61)
    keys = list(iter_key_frames(flight.camera_at, flight.depth, 0, 61))
    assert 3 < len(keys) < 30
    for frame, light in enumerate(iter_flight_light(flight)):
        if frame % 7 == 0:
            assert light == pytest.approx(flight.render(camera_at(frame)), abs=0.03)


def test_faint_gaussians_before_the_camera_make_no_key_frames(ball):
    near = [[*camera_at(time).centre] for time in range(0, 61, 3)]
    count = len(near)
    forward = np.array([2, 0, -1]) - near

    def with_opacity(logit):
        more = (
            near + 0.1 * forward,
            np.full((count, 3), -5.0),
            np.tile((1.0, 0, 0, 0), (count, 1)),
            np.full(count, logit),
            np.zeros((count, 4, 3)),
        )
        pairs = zip(ball.parameters(), more, strict=True)
        scene = Gaussians(*(np.concatenate(pair, dtype=np.float32) for pair in pairs))
        flight = gaussian_flight(scene, camera_at, 61)
        return len(list(iter_key_frames(flight.camera_at, flight.depth, 0, 61)))

    alone = gaussian_flight(ball, camera_at, 61)
    expected = len(list(iter_key_frames(alone.camera_at, alone.depth, 0, 61)))
    assert with_opacity(-5.0) == expected
    assert with_opacity(3.0) > expected


def test_a_scene_that_is_all_faint_moves_as_any_other(ball):
    faint = replace(ball, opacity_logits=np.full(len(ball), -4, np.float32))
    flights = [gaussian_flight(scene, camera_at, 61) for scene in (ball, faint)]
    keys, others = (list(iter_key_frames(one.camera_at, one.depth, 0, 61)) for one in flights)
    assert keys == others


def test_a_fitted_flight_shows_the_scene_after_its_fit(scene_of, turned_camera):
    truth, start = scene_of(20, seed=1), scene_of(20, seed=2)
    light = SRGB.decode(display_picture(render(truth, turned_camera)))
    options = FitOptions(steps=30, gaussians=20)
    observations = observe_pictures([light], [(0.0,)])
    fit = Fit(observations, lambda _: turned_camera, start, SRGB, 2.0, options)
    flight = fitted_flight(fit, lambda _: turned_camera, 5, background=0.5)
    assert (flight.frame_count, flight.shape) == (5, (37, 53))
    for _ in range(30):
        fit.step()
    expected = gaussian_flight(fit.gaussians, lambda _: turned_camera, 5, background=0.5)
    for ours, theirs in ((flight.render, expected.render), (flight.depth, expected.depth)):
        np.testing.assert_array_equal(ours(turned_camera), theirs(turned_camera))
