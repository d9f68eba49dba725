"""Pictures of rendered views: their shapes and values."""

import numpy as np

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.display_pictures import depth_picture, display_picture
from spikecam.views.gaussians import Gaussians
from spikecam.views.rendering import render

POSE = np.eye(4)
POSE[:3, 3] = (-2, 0, 6)
CAMERA = Camera(Intrinsics.from_field_of_view(40, 30, 0.6), POSE)


def test_colours_are_clipped_and_their_axis_is_the_last(ball):
    view = render(ball, CAMERA, background=2.0)
    picture = display_picture(view)
    assert picture.shape == (30, 40, 3)
    np.testing.assert_array_equal(picture[..., 1], view.picture[1].clip(0, 1))
    assert view.picture.max() > 1


def test_gray_scenes_have_gray_pictures(ball):
    parameters = [*ball.parameters()[:4], np.ascontiguousarray(ball.harmonics[..., :1])]
    view = render(Gaussians(*parameters), CAMERA)
    np.testing.assert_array_equal(display_picture(view), view.picture[0].clip(0, 1))


def test_depth_is_straight_from_white_to_black_and_black_where_nothing_is(ball):
    view = render(ball, CAMERA, with_depth=True)
    levels = depth_picture(view, 3.0, 6.0)
    assert levels.dtype == np.float32
    covered = view.transmittance < 0.5
    assert covered.any()
    assert not levels[~covered].any()
    np.testing.assert_allclose(6 - 3 * levels[covered], view.depth[covered], rtol=1e-5)
    # What is nearer than the range is white.
    assert depth_picture(view, 4.5, 6.0).max() == 1
