import numpy as np
import pytest

from spikecam.views.quad_scene import Quad
from spikecam.views.shading import SKY_LIGHT, SUN_LIGHT, with_light

TEXTURE = np.ones((1, 1, 3), np.float32)
SUN = np.array([0.6, 0.0, 0.8])
# Down x along is up.
FLOOR = Quad(np.array([-1.0, 1.0, 0]), np.array([2.0, 0, 0]), np.array([0, -2.0, 0]), TEXTURE)
ROOF = Quad(np.array([-50.0, 50.0, 1]), np.array([100.0, 0, 0]), np.array([0, -100.0, 0]), TEXTURE)


def test_an_open_floor_has_the_sun_by_its_angle_and_the_whole_sky():
    (floor,) = with_light([FLOOR], [FLOOR], SUN, 0.5)
    assert floor.shading.shape == (5, 5)
    assert floor.shading == pytest.approx(SUN_LIGHT * 0.8 + SKY_LIGHT)
    assert floor.texture is TEXTURE


def test_below_a_roof_is_neither_sun_nor_sky():
    (floor,) = with_light([FLOOR], [FLOOR, ROOF], SUN, 0.5)
    assert floor.shading.max() < 0.3 * SKY_LIGHT


def test_a_side_away_from_the_sun_sees_the_sky_alone():
    lower_side = Quad(FLOOR.corner, FLOOR.down, FLOOR.along, TEXTURE)
    (side,) = with_light([lower_side], [], SUN, 0.5)
    assert side.shading == pytest.approx(SKY_LIGHT)


def test_a_wall_throws_its_shadow_away_from_the_sun():
    # At x = 0, 1 high; the shadow of its upper edge falls at x = -0.75.
    screen = Quad(
        np.array([0.0, -9.0, 1.0]), np.array([0, 18.0, 0]), np.array([0, 0, -1.0]), TEXTURE
    )
    (floor,) = with_light([FLOOR], [screen], SUN, 0.1)
    row = floor.shading[10]
    x = np.linspace(-1, 1, len(row))
    in_sun = row > SUN_LIGHT * 0.8
    assert not in_sun[(x > -0.7) & (x < -0.05)].any()
    assert in_sun[(x < -0.85) | (x > 0.05)].all()
