"""What tests of a rig share: a second camera at a known place, and spikes of what it sees."""

import cv2
import numpy as np
import pytest

from spikecam.registration.alignment import apply_homography, fine_to_coarse_matrix


@pytest.fixture
def placed():
    """A random homography from spikes (H, W) to a picture (h, w), off the same view."""

    def make(rng, size, picture_size, *, turn=10.0, shift=0.2, tilt=0.02):
        (height, width), (h, w) = size, picture_size
        scale = np.sqrt(h * w / (height * width))
        angle = np.radians(rng.uniform(-turn, turn))
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        dx, dy = rng.uniform(-shift, shift, 2) * (width, height)
        centre = np.array([[1, 0, dx - (width - 1) / 2], [0, 1, dy - (height - 1) / 2], [0, 0, 1]])
        tilted = np.eye(3)
        tilted[2, :2] = rng.uniform(-tilt, tilt, 2) / (width / 2, height / 2)
        back = np.array([[cos, -sin, (w - 1) / 2], [sin, cos, (h - 1) / 2], [0, 0, 1]])
        matrix = back @ tilted @ centre
        return matrix / matrix[2, 2]

    return make


@pytest.fixture
def seen_through():
    """What pixels (H, W) integrate of a plane, seen through a homography: means of samples."""

    def look(plane, matrix, size, samples):
        y, x = np.mgrid[: size[0] * samples, : size[1] * samples]
        there = apply_homography(
            matrix @ fine_to_coarse_matrix(samples), np.stack([x, y], axis=-1)
        ).astype(np.float32)
        values = cv2.remap(
            np.asarray(plane, np.float32),
            there[..., 0],
            there[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        return values.reshape(size[0], samples, size[1], samples).mean(axis=(1, 3))

    return look


@pytest.fixture
def counted():
    """Firing rates in whole spikes, of uneven pixels, a few of them dead or hot."""

    def count(light, rng, *, rate, frames):
        expected = light / light.mean() * rate * (1 + rng.normal(0, 0.03, light.shape))
        spikes = np.floor(np.clip(expected, 0, 1) * frames + rng.random(light.shape))
        lots = rng.random(light.shape)
        spikes[lots < 0.003] = 0
        spikes[lots > 0.998] = frames
        return spikes / frames

    return count


@pytest.fixture
def off_by():
    """Root mean square distance in picture pixels of two homographies where the picture is."""

    def distance(one, other, size, picture_size):
        y, x = np.mgrid[: size[0] : 5, : size[1] : 5]
        points = np.stack([x, y], axis=-1)
        here, there = apply_homography(one, points), apply_homography(other, points)
        within = ((there >= 0) & (there <= np.array(picture_size[::-1]) - 1)).all(axis=-1)
        return float(np.sqrt(((here - there) ** 2).sum(axis=-1)[within].mean()))

    return distance
