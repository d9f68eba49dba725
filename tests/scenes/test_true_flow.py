import cv2
import numpy as np

from spikecam.scenes.layers import iter_rendered_frames
from spikecam.scenes.motion import scene_layers
from spikecam.scenes.true_flow import front_layers, true_flow

SIZE = (64, 80)


def layers(foregrounds=()):
    photo = np.random.default_rng(0).random((9, 12, 3)).repeat(16, 0).repeat(16, 1)
    return scene_layers(
        photo, size=SIZE, frames=21, exposure=(0, 21), speed=8, foregrounds=foregrounds, seed=3
    )


def test_flow_leads_to_the_pixel_that_shows_the_same():
    scene = layers([np.full((80, 80, 3), 0.9)])
    frames = [frame.astype(np.float32) for frame in iter_rendered_frames(scene, SIZE)]
    flow, visible = true_flow(scene, SIZE, 4, 16)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    later = cv2.remap(frames[16], x + flow[..., 0], y + flow[..., 1], cv2.INTER_CUBIC)
    difference = np.abs(later - frames[4]).mean(axis=2)
    assert 1 < np.hypot(flow[..., 0], flow[..., 1]).mean() < 20
    assert 0.4 < visible.mean() < 1
    assert np.median(difference[visible]) < 2
    assert np.quantile(difference[visible], 0.9) < 10
    assert np.abs(frames[16] - frames[4]).mean() > 10 * np.median(difference[visible])


def test_what_leaves_the_frame_or_is_covered_is_not_visible():
    background = layers()
    flow, visible = true_flow(background, SIZE, 0, 20)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    inside = (np.rint(x + flow[..., 0]) >= 0) & (np.rint(x + flow[..., 0]) < SIZE[1])
    inside &= (np.rint(y + flow[..., 1]) >= 0) & (np.rint(y + flow[..., 1]) < SIZE[0])
    assert np.array_equal(visible, inside)
    assert not visible.all()
    front = front_layers(layers([np.full((80, 80, 3), 0.9)]), SIZE, 10)
    assert set(np.unique(front)) == {0, 1}
    flow, visible = true_flow(background, SIZE, 7, 7)
    assert visible.all()
    np.testing.assert_allclose(flow, 0, atol=1e-9)
