import cv2
import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.ratios import Ratios
from spikecam.deblurring.trails import Trails
from spikecam.networks.refiner import MOMENTS, SCALE, SEEN

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
    film = np.clip(frames, 0, 1)
    gray = film.reshape(137, 32, 4, 48, 4).mean((2, 4))
    blur = np.repeat(film[20:117].mean(0)[..., None], 3, axis=2)
    stream = sc.simulate(gray, sc.Sensor(threshold=1.5), seed=0, exposure=(20, 117))
    return blur.astype(np.float32), film, stream


def unfolded(seen):
    """Pictures (K, 4, h, w) in [0, 1] of what trails give."""
    height, width = (SCALE * n for n in seen.shape[:2])
    folds = seen.reshape(height // SCALE, width // SCALE, MOMENTS, SCALE, SCALE, SEEN)
    return folds.transpose(2, 5, 0, 3, 1, 4).reshape(MOMENTS, SEEN, height, width) / 255


def test_vectors_follow_what_moves(pan):
    blur, _, stream = pan
    trails = Trails(blur, Ratios(stream, (20, 117)))
    _, ways = trails.along(60)
    assert ways.shape == (2 * MOMENTS, 32, 48)
    for k, frame in enumerate(trails.frames):
        across, down = ways[2 * k, 6:-6, 10:-10], ways[2 * k + 1, 6:-6, 10:-10]
        assert abs(np.median(across) - SHIFT * (frame - 60) / 97 / 4) < 0.2
        assert abs(np.median(down)) < 0.1


def test_what_is_seen_along_the_way_is_the_same_thing(pan):
    """SDM's pictures of other moments, looked up, show this one."""
    blur, film, stream = pan
    seen, _ = Trails(blur, Ratios(stream, (20, 117))).along(60)
    inner = slice(24, -24), slice(40, -40)
    pictures = unfolded(seen)
    for k in (0, 3, 7):
        looked_up = np.abs(pictures[k, 3] - film[60])[inner].mean()
        in_place = np.abs(pictures[k, 3] - film[Trails(blur, Ratios(stream, (20, 117))).frames[k]])
        assert looked_up < 0.04
        assert k == 3 or looked_up < 0.6 * in_place[inner].mean()


def test_what_stands_still_is_seen_where_it_is(steady):
    texture = cv2.GaussianBlur(np.random.default_rng(0).random((24, 32)), (0, 0), 2)
    ratios = Ratios(steady(texture, 137), (20, 117))
    blur = cv2.resize(texture, (128, 96)).astype(np.float32)[..., None].repeat(3, 2)
    seen, ways = Trails(blur, ratios).along(68)
    assert np.median(np.abs(ways)) < 0.1
    blurry = unfolded(seen)[:, :3]
    assert np.abs(blurry - blur[..., 0]).mean() < 0.01


def test_pictures_that_were_padded_are_seen_as_if_not(pan):
    blur, _, stream = pan
    ratios = Ratios(stream, (20, 117))
    padded = np.pad(blur, ((0, 8), (0, 8), (0, 0)), mode="edge")
    seen, ways = Trails(blur, ratios).along(40)
    more, same = Trails(padded, ratios, (128, 192)).along(40)
    assert np.array_equal(ways, same)
    assert more.shape[:2] == (34, 50)
    assert np.allclose(more[:30, :46], seen[:30, :46], atol=1)


def test_pictures_too_small_for_flow_are_taken_as_still(spikes):
    stream = sc.SpikeStream.from_array(spikes(137, 8, 8, rate=0.4))
    blur = np.full((32, 32, 3), 0.5, np.float32)
    assert (Trails(blur, Ratios(stream, (20, 117))).along(68)[1] == 0).all()
