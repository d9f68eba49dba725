import numpy as np
import pytest

from spikecam.registration.warping import warp_plane


def shifted(dx, dy=0.0):
    return np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]])


@pytest.mark.parametrize("shift", [0, 0.25, 0.5, 1 / 3, 0.999])
def test_straight_and_parabolic_brightness_is_exact(shift):
    y, x = np.mgrid[:30, :40].astype(float)

    def brightness(x, y):
        return 3 + 0.1 * x - 0.2 * y + 0.01 * x * x - 0.02 * x * y

    seen = warp_plane(brightness(x, y), shifted(shift, 1 - shift), (30, 40))
    expected = brightness(x + shift, y + 1 - shift)
    assert np.abs(seen - expected)[2:-3, 2:-3].max() < 1e-5


def test_whole_shifts_copy_and_nothing_is_made_up_outside():
    plane = np.random.default_rng(0).random((9, 11)).astype(np.float32)
    seen = warp_plane(plane, shifted(-2, 1), (9, 13))
    assert np.array_equal(seen[:8, 2:], plane[1:])
    assert not seen[8].any()
    assert not seen[:, :2].any()


def test_a_perspective_is_followed():
    matrix = np.array([[2.0, 0.1, 3], [-0.1, 1.9, 6], [1e-3, -2e-3, 1]])
    y, x = np.mgrid[:40, :60].astype(float)
    places = np.stack([x, y, np.ones_like(x)], axis=-1) @ matrix.T
    px, py = places[..., 0] / places[..., 2], places[..., 1] / places[..., 2]
    v, u = np.mgrid[:100, :140].astype(float)
    seen = warp_plane(u + 1000 * v, matrix, (40, 60))
    inside = (px >= 1) & (px <= 137) & (py >= 1) & (py <= 97)
    assert inside.sum() > 1000
    assert np.abs(seen - px - 1000 * py)[inside].max() < 0.05
