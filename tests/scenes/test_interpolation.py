from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from spikecam.errors import OptionError, RangeError
from spikecam.io.pictures import read_picture
from spikecam.io.video import video_frames
from spikecam.scenes.interpolation import interpolate_frames, is_scene_cut
from spikecam.scenes.layers import iter_rendered_frames, make_moving_layer
from spikecam.scenes.motion import moving_scene


def psnr(frame, truth):
    return -10 * np.log10(np.mean((frame.astype(float) - truth) ** 2) / 255**2)


def shapes(seed=0, side=320):
    """A picture with edges and texture at several scales."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((side, side, 3))
    for size in (4, 10, 32):
        cells = -(-side // size)
        coarse = np.kron(rng.random((cells, cells, 3)), np.ones((size, size, 1)))
        picture += coarse[:side, :side] / 3
    return picture


def panned(step, frames, size=(128, 192), seed=0):
    """A pan of ``step`` pixels a frame, (frames, H, W, 3)."""
    shifts = np.tile(np.eye(3), (frames, 1, 1))
    shifts[:, 0, 2] = 20 + step * np.arange(frames)
    shifts[:, 1, 2] = 30 + step / 3 * np.arange(frames)
    return np.stack(list(iter_rendered_frames([make_moving_layer(shapes(seed), shifts)], size)))


def test_originals_stay_and_the_rest_is_counted():
    video = panned(2, 4)
    made = list(interpolate_frames(iter(video), 5))
    assert len(made) == 3 * 5 + 1
    assert all(frame.dtype == np.uint8 for frame in made)
    assert np.array_equal(np.stack(made[::5]), video)
    floats = list(interpolate_frames((frame / np.float32(255) for frame in video), 5))
    assert np.array_equal(np.stack(floats), np.stack(made))
    assert np.array_equal(np.stack(list(interpolate_frames(video, 1))), video)


def test_a_pan_is_found_again():
    truth = panned(0.75, 17)
    made = list(interpolate_frames(truth[::8], 8))
    inner = slice(12, -12), slice(12, -12)
    scores = [psnr(made[i][inner], truth[i][inner]) for i in range(17) if i % 8]
    blend = psnr((truth[0] / 2 + truth[8] / 2)[inner], truth[4][inner])
    assert min(scores) > 32
    assert min(scores) > blend + 10


def test_what_moves_in_front_covers_and_uncovers():
    options = {"size": (192, 256), "frames": 17, "exposure": (0, 17), "speed": 6, "seed": 3}
    truth = list(moving_scene(shapes(1), foregrounds=[shapes(2)], **options))
    made = list(interpolate_frames(truth[::8], 8))
    for place in (2, 4, 12):
        share = place % 8 / 8
        start = place // 8 * 8
        blend = (1 - share) * truth[start] + share * truth[start + 8]
        assert psnr(made[place], truth[place]) > psnr(blend, truth[place]) + 6


def test_a_still_scene_stays_still():
    made = np.stack(list(interpolate_frames(panned(0, 2), 4)))
    assert np.ptp(made.astype(int), axis=0).max() <= 1


def test_nothing_is_made_up_across_a_cut():
    one, two = panned(0, 1, seed=4)[0], panned(0, 1, seed=5)[0]
    made = list(interpolate_frames([one, two], 8))
    assert all(np.array_equal(frame, one) for frame in made[:4])
    assert all(np.array_equal(frame, two) for frame in made[4:])
    black = np.zeros_like(one)
    assert is_scene_cut(black, np.full_like(one, 200))
    assert is_scene_cut(one // 2 + 127, black)
    assert not is_scene_cut(black, black)
    assert not is_scene_cut(*panned(6, 2))


def test_frames_are_taken_two_at_a_time():
    taken = []

    def video():
        for frame in panned(1, 5, size=(64, 64)):
            taken.append(1)
            yield frame

    made = interpolate_frames(video(), 8)
    next(made)
    assert len(taken) == 2
    list(islice(made, 7))
    assert len(taken) == 2
    next(made)
    assert len(taken) == 3


def test_gray_frames_do_too():
    made = list(interpolate_frames(panned(1, 2)[..., 0], 2))
    assert made[1].shape == (128, 192)


def test_bad_videos_are_told():
    frame = np.zeros((32, 40, 3), np.uint8)
    with pytest.raises(RangeError, match="before any frame"):
        list(interpolate_frames([]))
    with pytest.raises(RangeError, match="after one frame"):
        list(interpolate_frames([frame]))
    with pytest.raises(OptionError, match="frame 3 is"):
        list(interpolate_frames([frame, frame, frame[:30]]))
    with pytest.raises(OptionError, match="too small"):
        list(interpolate_frames([frame[:8], frame[:8]]))
    for wrong in (np.full((32, 40), np.nan), np.full((32, 40), 2.0)):
        with pytest.raises(OptionError, match=r"in \[0, 1\]"):
            list(interpolate_frames([np.zeros((32, 40)), wrong]))
    for factor in (0, -2, 1.5):
        with pytest.raises(OptionError, match="whole number from 1"):
            interpolate_frames([frame, frame], factor)


def test_real_motion_is_nearer_than_a_blend(data):
    """One triple of a real clip; the module's docstring has the mean over four clips."""
    clip = data / "videos" / "03_blocks.mp4"
    before, truth, after = (np.rint(f * 255) for f in islice(video_frames(clip), 60, 63))
    levels = [frame.astype(np.uint8) for frame in (before, after)]
    made = list(interpolate_frames(levels, 2))[1]
    assert psnr(made, truth) > psnr((before + after) / 2, truth) + 1


def test_photographs_are_told_from_each_other(data):
    photos = sorted((data / "train_photos").glob("*.jpg"))[:80:10]
    pictures = [np.rint(read_picture(f)[:512, :512] * 255).astype(np.uint8) for f in photos]
    for one, two in pairwise(pictures):
        assert is_scene_cut(one, two)


def test_cores_do_not_change_a_bit():
    frames = panned(6, 2)
    made = []
    for threads in (1, 4):
        cv2.setNumThreads(threads)
        made.append(np.stack(list(interpolate_frames(frames, 4))))
    cv2.setNumThreads(-1)
    assert np.array_equal(*made)
