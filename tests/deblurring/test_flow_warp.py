import cv2
import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.exposure_motion import ExposureMotion
from spikecam.deblurring.flow_warp import FlowWarp
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.networks.refiner import GRID_PIXELS, WARP_CHANNELS, WARP_MOMENTS

SHIFT = 24.0  # pixels in the exposure


@pytest.fixture(scope="module")
def pan():
    """A texture that moves to the right, as a blurry picture and its recording."""
    noise = np.random.default_rng(0).random((200, 300), np.float32)
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    texture = (texture - texture.min()) / np.ptp(texture)
    grids = np.mgrid[:128, :192].astype(np.float32)
    frames = [
        cv2.remap(texture, grids[1] + 54 - SHIFT * (t - 68) / 97, grids[0] + 30, cv2.INTER_CUBIC)
        for t in range(137)
    ]
    sharp = np.clip(frames, 0, 1)
    gray = sharp.reshape(137, 32, 4, 48, 4).mean((2, 4))
    blur = np.repeat(sharp[20:117].mean(0)[..., None], 3, axis=2)
    stream = sc.simulate(gray, sc.Sensor(threshold=1.5), seed=0, exposure=(20, 117))
    return blur.astype(np.float32), sharp, stream


def unfolded(levels):
    """Pictures (K, 4, h, w) in [0, 1] of warped levels."""
    height, width = (GRID_PIXELS * n for n in levels.shape[:2])
    folds = levels.reshape(
        height // GRID_PIXELS,
        width // GRID_PIXELS,
        WARP_MOMENTS,
        GRID_PIXELS,
        GRID_PIXELS,
        WARP_CHANNELS,
    )
    return (
        folds.transpose(2, 5, 0, 3, 1, 4).reshape(WARP_MOMENTS, WARP_CHANNELS, height, width) / 255
    )


def warp_to(blur, stream, frame, size=None):
    """Warped pictures of a frame, the flow to each, and the frames that they are of."""
    ratios = LogRateRatios(stream, (20, 117))
    warp = FlowWarp(blur, ratios, size)
    return *warp.warp_pictures_and_flow(frame, ExposureMotion(ratios).paths(frame)), warp.frames


def test_flow_follows_what_moves(pan):
    blur, _, stream = pan
    _, flows, moments = warp_to(blur, stream, 60)
    assert flows.shape == (2 * WARP_MOMENTS, 32, 48)
    for k, frame in enumerate(moments):
        across, down = flows[2 * k, 6:-6, 10:-10], flows[2 * k + 1, 6:-6, 10:-10]
        assert abs(np.median(across) - SHIFT * (frame - 60) / 97 / 4) < 0.2
        assert abs(np.median(down)) < 0.1


def test_warped_pictures_show_the_same_thing(pan):
    """SDM's pictures of other moments, warped, show this one."""
    blur, sharp, stream = pan
    levels, _, moments = warp_to(blur, stream, 60)
    inner = slice(24, -24), slice(40, -40)
    pictures = unfolded(levels)
    for k in (0, 3, 7):
        warped = np.abs(pictures[k, 3] - sharp[60])[inner].mean()
        in_place = np.abs(pictures[k, 3] - sharp[moments[k]])
        assert warped < 0.04
        assert k == 3 or warped < 0.6 * in_place[inner].mean()


def test_still_scenes_are_not_warped(steady):
    texture = cv2.GaussianBlur(np.random.default_rng(0).random((24, 32)), (0, 0), 2)
    blur = cv2.resize(texture, (128, 96)).astype(np.float32)[..., None].repeat(3, 2)
    levels, flows, _ = warp_to(blur, steady(texture, 137), 68)
    assert np.median(np.abs(flows)) < 0.1
    blurry = unfolded(levels)[:, :3]
    assert np.abs(blurry - blur[..., 0]).mean() < 0.01


def test_pictures_that_were_padded_are_seen_as_if_not(pan):
    blur, _, stream = pan
    padded = np.pad(blur, ((0, 8), (0, 8), (0, 0)), mode="edge")
    levels, flows, _ = warp_to(blur, stream, 40)
    more, same, _ = warp_to(padded, stream, 40, (128, 192))
    assert np.array_equal(flows, same)
    assert more.shape[:2] == (34, 50)
    assert np.allclose(more[:30, :46], levels[:30, :46], atol=1)


def test_pictures_too_small_for_flow_are_taken_as_still(spikes):
    stream = sc.SpikeStream.from_array(spikes(137, 8, 8, rate=0.4))
    blur = np.full((32, 32, 3), 0.5, np.float32)
    assert (warp_to(blur, stream, 68)[1] == 0).all()
