"""Pictures from spikes alone in the colours of a photograph."""

import cv2
import numpy as np
import pytest

import spikecam as sc

SPEED = 0.15  # pixels of the spikes a frame
FRAMES, EXPOSURE = 180, (20, 60)


@pytest.fixture(scope="module")
def scene():
    """A photograph of two colours that pans, its recording, and the truth of two frames."""
    rng = np.random.default_rng(0)
    shares = cv2.GaussianBlur(rng.standard_normal((320, 480)).astype(np.float32), (0, 0), 14)
    shares = np.clip(0.5 + 14 * shares, 0, 1)[..., None]
    detail = cv2.GaussianBlur(rng.random((320, 480), np.float32), (0, 0), 3)[..., None]
    detail = 0.4 + 0.6 * (detail - detail.min()) / np.ptp(detail)
    colours = np.float32([0.9, 0.3, 0.2]) * shares + np.float32([0.2, 0.5, 0.9]) * (1 - shares)
    rows, columns = np.mgrid[:160, :256].astype(np.float32)

    def picture(frame):
        shifted = columns + 160 - 4 * SPEED * frame
        return cv2.remap(detail * colours, shifted, rows + 80, cv2.INTER_LINEAR)

    pictures = [picture(frame) for frame in range(FRAMES)]
    grays = np.stack([p @ np.float32([0.3, 0.59, 0.11]) for p in pictures])
    light = grays.reshape(FRAMES, 40, 4, 64, 4).mean((2, 4))
    stream = sc.simulate(light, sc.Sensor(threshold=2), seed=0)
    photo = np.mean(pictures[slice(*EXPOSURE)], axis=0).astype(np.float32)
    return photo, stream, pictures


def colour_error(picture, truth):
    inner = np.s_[16:-16, 96:-16]
    return np.abs(picture[inner] - truth[inner]).mean()


@pytest.mark.parametrize("frame", [40, 150])
def test_colours_follow_motion_within_the_exposure_and_beyond(scene, frame):
    photo, stream, pictures = scene
    coloured = sc.deblur(
        photo, stream, at=frame, method="colour", exposure=EXPOSURE, encoding="linear"
    )
    assert coloured.shape == photo.shape
    assert colour_error(coloured, pictures[frame]) < 0.035
    if frame > EXPOSURE[1]:
        # Where they were in the photograph they are wrong.
        gray = coloured @ np.float32([0.3, 0.59, 0.11])
        still = photo * (gray / np.maximum(photo @ np.float32([0.3, 0.59, 0.11]), 0.02))[..., None]
        assert colour_error(coloured, pictures[frame]) < 0.5 * colour_error(still, pictures[frame])


def test_a_frame_does_not_depend_on_the_others(scene):
    photo, stream, _ = scene
    settings = {"method": "colour", "exposure": EXPOSURE, "encoding": "linear"}
    several = sc.deblur(photo, stream, frames=[40, 90, 150], **settings)
    assert np.allclose(several[2], sc.deblur(photo, stream, at=150, **settings), atol=1e-5)


def test_a_photograph_without_colours_is_refused(scene):
    photo, stream, _ = scene
    gray = photo @ np.float32([0.3, 0.59, 0.11])
    with pytest.raises(sc.OptionError, match="without colours has none to give"):
        sc.deblur(gray, stream, at=40, method="colour", exposure=EXPOSURE, encoding="linear")


def test_the_gray_is_of_any_method(scene):
    photo, stream, _ = scene
    settings = {"method": "colour", "exposure": EXPOSURE, "encoding": "linear", "at": 40}
    pictures = [sc.deblur(photo, stream, gray=name, **settings) for name in ("tfi", "aligned")]
    assert not np.allclose(*pictures)
    with pytest.raises(sc.OptionError, match="magic"):
        sc.deblur(photo, stream, gray="magic", **settings)
