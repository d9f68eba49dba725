import numpy as np
import pytest

import spikecam as sc


@pytest.mark.parametrize(
    ("direction", "colour"),
    [((1, 0), (1, 0, 0)), ((0, 1), (1, 0.917, 0)), ((-1, 0), (0, 0.773, 1)), ((0, 0), (1, 1, 1))],
)
def test_hues_are_those_of_middlebury(direction, colour):
    flow = np.broadcast_to(np.float32(direction), (2, 3, 2))
    colours = sc.flow_to_colours(flow)
    assert (colours.shape, colours.dtype) == ((2, 3, 3), np.float32)
    np.testing.assert_allclose(colours[1, 2], colour, atol=1e-3)


def test_saturation_is_the_length():
    flow = np.zeros((1, 4, 2))
    flow[0, :, 0] = [0, 1, 2, 4]
    assert sc.flow_to_colours(flow)[0, :, 1].tolist() == [1, 0.75, 0.5, 0]
    assert sc.flow_to_colours(flow, max_motion=2)[0, :, 1].tolist() == [1, 0.5, 0, 0]


def test_arrows_lead_from_the_pixel_to_where_it_moves():
    flow = np.zeros((40, 40, 2), np.float32)
    flow[..., 0] = 1
    drawn = sc.draw_flow_arrows(np.zeros((40, 40)), flow)
    assert drawn.shape == (640, 640, 3)
    red = drawn[..., 0] > 0.5
    # Horizontal lines of one pixel of the picture, 16 of the drawing, and their tips.
    rows, columns = np.nonzero(red[:32, 16:48])
    assert 15 <= columns.max() - columns.min() <= 18
    assert rows.max() - rows.min() < columns.max() - columns.min()
    assert (drawn[..., 1:] == 0).all()


def test_a_picture_keeps_its_pixels_beside_arrows():
    picture = np.random.default_rng(0).random((700, 20))
    drawn = sc.draw_flow_arrows(picture, np.zeros((700, 20, 2)))
    assert drawn.shape == (700, 20, 3)
    assert np.isclose(drawn[..., 0], picture, atol=0.5 / 255 + 1e-6).mean() > 0.95


def test_what_does_not_fit_is_refused():
    flow = np.zeros((4, 5, 2))
    with pytest.raises(sc.OptionError, match="flow is of 5x4 pixels, and the picture of 4x5"):
        sc.draw_flow_arrows(np.zeros((5, 4)), flow)
    with pytest.raises(sc.OptionError, match=r"\(height, width, 2\), not \(4, 5\)"):
        sc.flow_to_colours(flow[..., 0])
    with pytest.raises(sc.OptionError, match="above 0 pixels, not 0"):
        sc.flow_to_colours(flow, max_motion=0)
